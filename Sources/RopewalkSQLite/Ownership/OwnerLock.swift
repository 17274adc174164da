import RopewalkCore

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Says which process owns a journal, or a store of resources. The kernel ends the ownership with the process, however that ends.
final class OwnerLock: Sendable {
  private let descriptor: CInt

  /// Takes it over.
  /// - Parameters:
  ///   - path: the file that says who owns it.
  ///   - owned: what to say when the process of this PID has it.
  ///   - failure: what to say of a system call that failed just now.
  /// - Throws: at once when another process has it.
  init(
    path: String,
    owned: (String) -> RopewalkError,
    failure: (String) -> RopewalkError
  ) throws(RopewalkError) {
    descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw failure("cannot make '\(path)'") }
    // `deinit` closes it, also where this throws.
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      throw errno == EWOULDBLOCK ? owned(Self.pid(in: descriptor)) : failure("cannot lock '\(path)'")
    }
    let text = Array("\(getpid())\n".utf8)
    guard ftruncate(descriptor, 0) == 0, pwrite(descriptor, text, text.count, 0) == text.count else {
      throw failure("cannot write '\(path)'")
    }
  }

  convenience init(of folder: some DatabaseFolder) throws(RopewalkError) {
    try self.init(path: folder.lock, owned: folder.owned(by:), failure: folder.failure(_:))
  }

  deinit {
    guard descriptor >= 0 else { return }
    release()
    close(descriptor)
  }

  /// Gives the journal up, also where a process that is just being started still has a copy of the descriptor.
  func release() {
    _ = flock(descriptor, LOCK_UN)
  }

  private static func pid(in descriptor: CInt) -> String {
    var bytes = [UInt8](repeating: 0, count: 20)
    let count = pread(descriptor, &bytes, bytes.count, 0)
    let digits = bytes.prefix(max(0, count)).prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    return digits.isEmpty ? "of another user" : String(decoding: digits, as: UTF8.self)
  }
}
