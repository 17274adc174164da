import RopewalkCore
import Synchronization

extension JetStream {
  /// How long the server waits for a message that it expected to have and that was removed meanwhile.
  private static let removalWait: Duration = .seconds(1)

  /// What a consumer has for us, at most `limit`; none when there is nothing.
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
    defer { subscription.cancel() }
    let deadline = ContinuousClock.now + connection.options.limits.requestTimeout
    let listener = connection.events.add { event in
      switch event {
      case .tick:
        if deadline < .now {
          self.end(RopewalkError(.natsTimeout, "NATS did not answer \(request.subject) in time; look at the server's log"))
        }
      case .disconnected, .reconnected: break
      case .closed: self.end(RopewalkError(.natsClosed, "the connection to NATS is closed"))
      }
    }
    defer { connection.events.remove(listener) }
    return try await withCheckedThrowingContinuation { continuation in
      state.withLock { $0.continuation = continuation }
      do throws(RopewalkError) {
        try connection.publish(request, reply: inbox)
      } catch {
        end(error)
      }
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
    let (continuation, messages) = state.withLock { ($0.continuation.take(), $0.messages) }
    if let error { continuation?.resume(throwing: error) } else { continuation?.resume(returning: messages) }
  }
}
