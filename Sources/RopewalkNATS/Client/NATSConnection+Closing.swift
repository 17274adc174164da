import RopewalkCore

extension NATSConnection {
  /// Waits until the connection has ended for good. The library reconnects for ever while servers are away; it gives up only
  /// when they refuse our credentials again and again.
  /// - Throws: `nats.denied` then, with what helps; `CancellationError` when the task is cancelled.
  package func untilRefused() async throws {
    let (ends, end) = AsyncStream<Void>.makeStream()
    let listener = events.add { if case .closed = $0 { end.finish() } }
    defer { events.remove(listener) }
    if !events.isClosed {
      for await _ in ends {}
    }
    try Task.checkCancellation()
    throw RopewalkError(
      .natsDenied,
      "NATS at \(options.servers.joined(separator: ", ")) lets us in no more; check that our credentials were not revoked and have not expired, and start again"
    )
  }
}
