import Dispatch
package import RopewalkCore

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

extension ErrorCode {
  package static let deadLettersUnwritable = ErrorCode("dead-letters.write.failed", .unavailable)
  package static let deadLettersFull = ErrorCode("dead-letters.full", .overloaded)
}

/// Dead letters as JSON lines in a file that only grows and that only its owner may read.
///
/// A letter is on disk (`fdatasync`) before ``append(_:)`` returns. A line that was torn by a crash is closed when the
/// file is opened again; readers skip lines that are not JSON.
package final class DeadLetterFile: Sendable {
  /// Default 1 GiB.
  package static let defaultMaxSize = ByteCount.mebibytes(1024)

  package let path: String
  private let descriptor: CInt
  private let maxSize: ByteCount
  // Disk may be slow, and the threads that run tasks are few.
  private let queue = DispatchQueue(label: "ropewalk.dead-letters")

  /// Opens or creates the file.
  /// - Parameter maxSize: a file of that size takes no more letters; their messages stay in flight.
  /// - Throws: ``RopewalkError`` when the file cannot be opened.
  package init(path: String, maxSize: ByteCount = DeadLetterFile.defaultMaxSize) throws(RopewalkError) {
    self.path = path
    self.maxSize = maxSize
    self.descriptor = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw Self.failure("cannot be opened", path) }
    // `deinit` closes it, also where this throws.
    try closeTornLine()
    try syncFolder()
  }

  deinit {
    if descriptor >= 0 { close(descriptor) }
  }

  /// Appends letters with one sync.
  /// - Throws: ``RopewalkError`` when they are not all on disk; then the file is as it was before.
  package func append(_ letters: [DeadLetter]) async throws {
    var lines: [UInt8] = []
    for letter in letters {
      lines += letter.json().serialised()
      lines.append(UInt8(ascii: "\n"))
    }
    try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
      queue.async { [lines] in continuation.resume(with: Result { try self.write(lines) }) }
    }
  }

  private func write(_ lines: [UInt8]) throws(RopewalkError) {
    let size = lseek(descriptor, 0, SEEK_END)
    guard size >= 0 else { throw Self.failure("cannot be read", path) }
    guard Int(size) + lines.count <= maxSize.bytes else {
      throw RopewalkError(.deadLettersFull, "the dead-letter file '\(path)' has reached \(maxSize); move it away or make room in it")
    }
    do throws(RopewalkError) {
      try writeAll(lines)
      guard fdatasync(descriptor) == 0 else { throw Self.failure("cannot be synced to disk", path) }
    } catch {
      // Best effort: what cannot be cut off is a torn line, which readers skip.
      _ = ftruncate(descriptor, size)
      throw error
    }
  }

  private func writeAll(_ bytes: [UInt8]) throws(RopewalkError) {
    var written = 0
    while written < bytes.count {
      let result = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress.map { $0 + written }, $0.count - written) }
      if result < 0, errno == EINTR { continue }
      guard result > 0 else { throw Self.failure("cannot be written", path) }
      written += result
    }
  }

  private func closeTornLine() throws(RopewalkError) {
    let size = lseek(descriptor, 0, SEEK_END)
    guard size >= 0 else { throw Self.failure("cannot be read", path) }
    var last: UInt8 = 0
    guard size > 0, pread(descriptor, &last, 1, size - 1) == 1, last != UInt8(ascii: "\n") else { return }
    try writeAll([UInt8(ascii: "\n")])
  }

  /// So that the file itself survives a power cut.
  private func syncFolder() throws(RopewalkError) {
    let folder = path.lastIndex(of: "/").map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
    let handle = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard handle >= 0 else { throw Self.failure("cannot be synced to disk", path) }
    defer { close(handle) }
    guard fsync(handle) == 0 else { throw Self.failure("cannot be synced to disk", path) }
  }

  private static func failure(_ what: String, _ path: String) -> RopewalkError {
    RopewalkError(
      .deadLettersUnwritable,
      "the dead-letter file '\(path)' \(what): \(String(cString: strerror(errno))); check the folder, its permissions and the free space"
    )
  }
}
