import RopewalkCore
import Synchronization

extension JetStream {
  /// How long the server waits for a message that it expected to have and that was removed meanwhile.
  private static let removalWait: Duration = .seconds(1)

  /// What a consumer has for us, at most `limit`; none when there is nothing.
  /// - Throws: `nats.timeout`, `nats.disconnected`, `nats.closed`.
  func ready(_ consumer: String, of stream: String, limit: Int) async throws -> [Delivered] {
    let body = "{\"batch\":\(limit),\"expires\":\(Self.removalWait.nanoseconds)}"
    let request = NATSOutgoing("$JS.API.CONSUMER.MSG.NEXT.\(stream).\(consumer)", payload: Array(body.utf8))
    return try await ReadyMessages(limit: limit).receive(request, connection)
  }
}

/// The answers to one request for messages, on a subscription of its own: delivered messages carry the stream's subject, not
/// that of the request.
private final class ReadyMessages: Sendable {
  private struct State {
    var messages: [Delivered] = []
    var continuation: CheckedContinuation<[Delivered], any Error>?
  }

  private let limit: Int
  private let state = Mutex(State())

  init(limit: Int) {
    self.limit = limit
  }

  func receive(_ request: NATSOutgoing, _ connection: NATSConnection) async throws -> [Delivered] {
    let inbox = NATSConnection.makeInbox()
    let subscription = try connection.subscribe(inbox) { self.arrived($0) }
    var asked: UInt64?
    defer {
      subscription.cancel()
      if let asked { connection.requests.forget(asked) }
    }
    return try await withCheckedThrowingContinuation { continuation in
      state.withLock { $0.continuation = continuation }
      asked = connection.requests.send(
        request,
        answeredAt: inbox,
        timeout: connection.options.limits.requestTimeout,
        answer: { _ in true },
        fail: { self.end($0) }
      )
    }
  }

  private func arrived(_ message: borrowing NATSMessage) {
    // That nothing more comes, that time is over, or that the consumer is gone.
    if message.status != nil { return end(nil) }
    guard let delivered = Delivered(message) else { return }
    let isLast = state.withLock { state in
      state.messages.append(delivered)
      return delivered.pending == 0 || state.messages.count == limit
    }
    if isLast { end(nil) }
  }

  private func end(_ error: RopewalkError?) {
    let ended = state.withLock { state in
      defer { state = State() }
      return state
    }
    if let error { ended.continuation?.resume(throwing: error) } else { ended.continuation?.resume(returning: ended.messages) }
  }
}
