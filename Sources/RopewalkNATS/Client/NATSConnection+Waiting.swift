import RopewalkCore

extension NATSConnection {
  /// Waits until the connection has ended for good. The library reconnects for ever while servers are away; it gives up only
  /// when they refuse our credentials again and again.
  /// - Throws: `nats.denied` then, with what helps; `CancellationError` when the task is cancelled.
  package func untilRefused() async throws {
    try await wait(until: { $0 == .closed }, unless: { events.isClosed })
    throw RopewalkError(
      .natsDenied,
      "NATS at \(options.servers.joined(separator: ", ")) lets us in no more; check that our credentials were not revoked and have not expired, and start again"
    )
  }

  /// Waits until a server is connected.
  /// - Throws: `nats.closed` when none will be any more; `CancellationError` when the task is cancelled.
  func untilConnected() async throws {
    try await wait(until: { $0 == .reconnected || $0 == .closed }, unless: { events.isConnected || events.isClosed })
    if events.isClosed { throw RopewalkError(.natsClosed, "the connection to NATS is closed") }
  }

  /// Waits until something happens, unless it has happened before.
  /// - Throws: `CancellationError` when the task is cancelled.
  private func wait(until isAwaited: @escaping @Sendable (NATSConnectionEvents.Event) -> Bool, unless isThere: () -> Bool) async throws {
    let (ends, end) = AsyncStream<Void>.makeStream()
    let listener = events.add { if isAwaited($0) { end.finish() } }
    defer { events.remove(listener) }
    // What happens from here on is heard.
    if !isThere() {
      for await _ in ends {}
    }
    try Task.checkCancellation()
  }
}
