import Synchronization

/// That the plugin is to end: said once or more often, by the host or by its death.
final class Ending: Sendable {
  private let stream: AsyncStream<Void>
  private let writer: AsyncStream<Void>.Continuation

  init() {
    (stream, writer) = AsyncStream.makeStream(bufferingPolicy: .bufferingOldest(1))
  }

  func begin() { writer.finish() }

  /// Returns when the plugin is to end, or the task is cancelled.
  func wait() async {
    for await _ in stream {}
  }
}
