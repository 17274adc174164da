import Synchronization

/// The process's own streams: one connector reads, any number write, each message in one piece.
final class StandardStreams: Sendable {
  let input: CInt
  let output: CInt
  private let isInputTaken = Mutex(false)
  private let outputLock = Mutex(())

  init(input: CInt = 0, output: CInt = 1) {
    self.input = input
    self.output = output
  }

  /// False when another connector reads already.
  func takeInput() -> Bool {
    isInputTaken.withLock { isTaken in
      defer { isTaken = true }
      return !isTaken
    }
  }

  func giveInputBack() {
    isInputTaken.withLock { $0 = false }
  }

  /// Writes all of it before anyone else writes.
  func write(_ bytes: [UInt8]) throws(FileSystemError) {
    let failure = outputLock.withLock { _ in FileDescriptor.write(bytes, to: output) }
    if let failure { throw FileSystemError("write to", "the standard output", failure) }
  }
}
