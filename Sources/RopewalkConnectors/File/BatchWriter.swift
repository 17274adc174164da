import NIOPosix
import RopewalkConnector
import RopewalkCore
import Synchronization

/// Writes from many tasks to one stream: what waits while a write is under way goes out with the next one, in order.
final class BatchWriter: Sendable {
  /// Messages that wait for the stream; a further one is turned away.
  static let maxWaiting = 4096
  /// How much goes out with one write.
  static let maxBatchSize = ByteCount.mebibytes(4)

  private struct Item {
    var bytes: [UInt8]
    var outcome: OneShot<ConnectionError?>
  }

  private struct State {
    var waiting: [Item] = []
    var isWriting = false
  }

  private let threads: NIOThreadPool
  private let write: @Sendable ([UInt8]) throws(FileSystemError) -> Void
  private let state = Mutex(State())

  /// - Parameter write: puts bytes out for good, all or nothing; called on one thread at a time.
  init(threads: NIOThreadPool, write: @escaping @Sendable ([UInt8]) throws(FileSystemError) -> Void) {
    self.threads = threads
    self.write = write
  }

  /// Returns when the bytes are out. Cancelling stops the wait; the bytes may still go out.
  func append(_ bytes: [UInt8]) async throws(ConnectionError) {
    let item = Item(bytes: bytes, outcome: OneShot())
    let (isTaken, isFirst) = state.withLock { state in
      guard state.waiting.count < Self.maxWaiting else { return (false, false) }
      state.waiting.append(item)
      defer { state.isWriting = true }
      return (true, !state.isWriting)
    }
    guard isTaken else {
      throw ConnectionError(
        .rateLimited,
        "\(Self.maxWaiting) messages already wait to be written",
        recoverable: true,
        retryAfter: .seconds(1)
      )
    }
    if isFirst { threads.submit { self.drain(isActive: $0 == .active) } }
    let error = await withTaskCancellationHandler {
      await item.outcome.wait()
    } onCancel: {
      item.outcome.fulfil(ConnectionError(.cancelled, "writing was given up", recoverable: true))
    }
    if let error { throw error }
  }

  private func drain(isActive: Bool) {
    while let batch = nextBatch() {
      let error = isActive ? writeAll(batch) : ConnectionError(.sendFailed, "the connector is not connected any more", recoverable: true)
      for item in batch { item.outcome.fulfil(error) }
    }
  }

  private func nextBatch() -> [Item]? {
    state.withLock { state in
      var size = 0
      let count = state.waiting.prefix { item in
        defer { size += item.bytes.count }
        return size < Self.maxBatchSize.bytes
      }.count
      guard count > 0 else {
        state.isWriting = false
        return nil
      }
      defer { state.waiting.removeFirst(count) }
      return Array(state.waiting.prefix(count))
    }
  }

  private func writeAll(_ batch: [Item]) -> ConnectionError? {
    do throws(FileSystemError) {
      try write(batch.count == 1 ? batch[0].bytes : batch.flatMap(\.bytes))
      return nil
    } catch {
      return ConnectionError(.sendFailed, error.description, recoverable: true)
    }
  }
}
