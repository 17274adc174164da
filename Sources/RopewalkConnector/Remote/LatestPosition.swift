import Synchronization

/// Hands resume positions to who keeps them, one at a time and always the latest: while one is written down, those that
/// come meanwhile are passed over but for the last.
final class LatestPosition: Sendable {
  private let positions: AsyncStream<[UInt8]>
  private let writer: AsyncStream<[UInt8]>.Continuation
  private let keep: @Sendable ([UInt8]) async -> Void
  private let last = Mutex<[UInt8]?>(nil)

  init(_ keep: @escaping @Sendable ([UInt8]) async -> Void) {
    (positions, writer) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    self.keep = keep
  }

  /// The last one that was set, kept already or not.
  var latest: [UInt8]? { last.withLock { $0 } }

  func set(_ position: [UInt8]) {
    last.withLock { last in
      last = position
      // Under the lock, so that they are kept in the order in which they were set.
      writer.yield(position)
    }
  }

  /// No more positions come.
  func close() { writer.finish() }

  /// Returns when it is closed and the last position is kept.
  func run() async {
    for await position in positions { await keep(position) }
  }
}
