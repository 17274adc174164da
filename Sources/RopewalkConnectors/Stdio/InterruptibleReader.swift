import NIOPosix

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Reads a stream that may stay silent, on a thread of its own, so that a wait can be ended.
final class InterruptibleReader: Sendable {
  /// How much is read at once.
  static let chunkSize = 64 << 10

  private let input: CInt
  private let wakeReader: CInt
  private let wakeWriter: CInt
  private let threads: NIOThreadPool

  /// - Parameter threads: one thread of it is busy while a read waits.
  init(input: CInt, threads: NIOThreadPool) throws(FileSystemError) {
    var ends: [CInt] = [0, 0]
    guard pipe(&ends) == 0 else { throw FileSystemError("make", "a pipe") }
    self.input = input
    self.threads = threads
    (wakeReader, wakeWriter) = (ends[0], ends[1])
  }

  deinit {
    close(wakeReader)
    close(wakeWriter)
  }

  /// The next bytes; nil at the end of the stream, or after ``interrupt()``.
  func next() async throws -> [UInt8]? {
    try await threads.runIfActive { try self.wait() }
  }

  /// Ends the read that waits, and all that follow.
  func interrupt() {
    _ = FileDescriptor.write([0], to: wakeWriter)
  }

  private func wait() throws(FileSystemError) -> [UInt8]? {
    while true {
      var descriptors = [
        pollfd(fd: input, events: Int16(POLLIN), revents: 0), pollfd(fd: wakeReader, events: Int16(POLLIN), revents: 0),
      ]
      guard poll(&descriptors, 2, -1) >= 0 || errno == EINTR else { throw FileSystemError("wait for", "the standard input") }
      if descriptors[1].revents != 0 { return nil }
      guard descriptors[0].revents != 0 else { continue }
      var failure: CInt = 0
      let bytes = [UInt8](unsafeUninitializedCapacity: Self.chunkSize) { buffer, filled in
        let count = read(input, buffer.baseAddress, buffer.count)
        filled = max(0, count)
        if count < 0 { failure = errno }
      }
      if failure == EINTR || failure == EAGAIN { continue }
      guard failure == 0 else { throw FileSystemError("read", "the standard input", failure) }
      return bytes.isEmpty ? nil : bytes
    }
  }
}
