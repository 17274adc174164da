import RopewalkCore

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

extension ErrorCode {
  static let journalOwned = ErrorCode("journal.owned", .conflict)
}

/// Says which process owns a journal. The kernel ends the ownership with the process, however that ends.
final class OwnerLock: Sendable {
  private let descriptor: CInt

  /// Takes the journal over.
  /// - Throws: ``RopewalkError`` at once when another process has it, with its PID.
  init(_ folder: JournalFolder) throws(RopewalkError) {
    descriptor = open(folder.lock, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw folder.failure("cannot make '\(folder.lock)'") }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      let error = errno == EWOULDBLOCK ? Self.owned(folder, by: Self.pid(in: descriptor)) : folder.failure("cannot lock '\(folder.lock)'")
      close(descriptor)
      throw error
    }
    let text = Array("\(getpid())\n".utf8)
    guard ftruncate(descriptor, 0) == 0, pwrite(descriptor, text, text.count, 0) == text.count else {
      let error = folder.failure("cannot write '\(folder.lock)'")
      close(descriptor)
      throw error
    }
  }

  deinit {
    release()
    close(descriptor)
  }

  /// Gives the journal up, also where a process that is just being started still has a copy of the descriptor.
  func release() {
    _ = flock(descriptor, LOCK_UN)
  }

  private static func owned(_ folder: JournalFolder, by pid: String) -> RopewalkError {
    RopewalkError(
      .journalOwned,
      "the journal '\(folder.path)' belongs to the running process \(pid); stop that one first, or choose another folder with --data-dir"
    )
  }

  private static func pid(in descriptor: CInt) -> String {
    var bytes = [UInt8](repeating: 0, count: 20)
    let count = pread(descriptor, &bytes, bytes.count, 0)
    let digits = bytes.prefix(max(0, count)).prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    return digits.isEmpty ? "of another user" : String(decoding: digits, as: UTF8.self)
  }
}
