import RopewalkCore

extension NATSConnection {
  /// Waits until a server is connected.
  /// - Throws: `nats.closed` when none will be any more; `CancellationError` when the task is cancelled.
  func untilConnected() async throws {
    let (ends, end) = AsyncStream<Void>.makeStream()
    let listener = events.add { event in
      switch event {
      case .reconnected, .closed: end.finish()
      case .disconnected, .tick: break
      }
    }
    defer { events.remove(listener) }
    if !events.isConnected, !events.isClosed {
      for await _ in ends {}
    }
    try Task.checkCancellation()
    if events.isClosed { throw RopewalkError(.natsClosed, "the connection to NATS is closed") }
  }
}
