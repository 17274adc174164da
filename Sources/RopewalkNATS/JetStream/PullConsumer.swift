import RopewalkCore
import Synchronization

/// Takes messages from a consumer, in batches that the server fills while we work.
///
/// Messages arrive on a thread of the library's and wait here, at most a window of them, until somebody takes them.
package final class PullConsumer: Sendable {
  private struct State {
    var table: PullTable
    var waiting: [UInt64: CheckedContinuation<Void, Never>] = [:]
    var lastWaiter: UInt64 = 0
    var end: RopewalkError?
  }

  /// How long the server keeps one request.
  private static let expires: Duration = .seconds(30)
  /// Messages that are worth waking a task for although more are just coming.
  private static let wakeBatch = 64
  private static let pauseAfterTrouble: Duration = .milliseconds(500)

  package let name: String
  private let connection: NATSConnection
  private let subject: String
  private let prefix: String
  private let state: Mutex<State>
  private let subscription = Mutex<NATSSubscription?>(nil)
  private let listener = Mutex<Int?>(nil)

  /// Makes the consumer where it is not there yet, and asks for the first messages.
  /// - Parameter window: messages that are on their way or waiting here, at most.
  package convenience init(_ jetStream: JetStream, stream: String, _ consumer: ConsumerConfiguration, window: Int) async throws {
    let name = try await jetStream.ensure(consumer, on: stream).name
    try self.init(jetStream.connection, stream: stream, name: name, window: window)
  }

  private init(_ connection: NATSConnection, stream: String, name: String, window: Int) throws(RopewalkError) {
    self.name = name
    self.connection = connection
    subject = "$JS.API.CONSUMER.MSG.NEXT.\(stream).\(name)"
    prefix = NATSConnection.makeInbox() + "."
    state = Mutex(State(table: PullTable(window: max(1, window), expires: Self.expires)))
    let length = prefix.utf8.count
    let subscription = try connection.subscribe(prefix + "*") { [weak self] message in
      guard let self else { return }
      // The subject of a delivered message is the stream's; only the server's remarks carry our own.
      self.arrived(message, prefixLength: length)
    }
    self.subscription.withLock { $0 = subscription }
    let listener = connection.events.add { [weak self] event in
      switch event {
      case .tick: self?.ask()
      case .reconnected:
        self?.state.withLock { $0.table.forgetRequests() }
        self?.ask()
      case .disconnected: break
      case .closed: self?.end(RopewalkError(.natsClosed, "the connection to NATS is closed"))
      }
    }
    self.listener.withLock { $0 = listener }
    ask()
  }

  deinit {
    close()
  }

  /// Asks for nothing more; messages that were not taken are delivered to others.
  package func close() {
    if let listener = listener.withLock({ $0.take() }) { connection.events.remove(listener) }
    subscription.withLock { $0.take() }?.cancel()
    end(RopewalkError(.natsClosed, "the consumer is closed"))
  }

  /// The messages that are here, at most `limit`; waits until there is one.
  /// - Throws: `CancellationError`; `nats.closed`; `nats.jetstream.refused` when the consumer was removed.
  package func next(upTo limit: Int) async throws -> [Delivered] {
    while true {
      try Task.checkCancellation()
      let (messages, error) = state.withLock { ($0.table.take(limit), $0.end) }
      ask()
      if !messages.isEmpty { return messages }
      if let error { throw error }
      await waitForArrival()
    }
  }

  /// The messages that are here; none when none is.
  package func takeReady(upTo limit: Int) -> [Delivered] {
    defer { ask() }
    return state.withLock { $0.table.take(limit) }
  }

  private func waitForArrival() async {
    let id = state.withLock { state in
      state.lastWaiter += 1
      return state.lastWaiter
    }
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let goesOn = state.withLock { state in
          if state.table.waiting > 0 || state.end != nil || Task.isCancelled { return true }
          state.waiting[id] = continuation
          return false
        }
        if goesOn { continuation.resume() }
      }
    } onCancel: {
      state.withLock { $0.waiting.removeValue(forKey: id) }?.resume()
    }
  }

  private func arrived(_ message: borrowing NATSMessage, prefixLength: Int) {
    // A task that is woken for each message of many costs more than the message.
    let isFollowed = message.isFollowed
    if let status = message.status {
      remark(status, message, prefixLength)
    } else if let delivered = Delivered(message) {
      state.withLock { $0.table.arrived(delivered) }
    }
    let waiting = state.withLock { state in
      let count = state.table.waiting
      return count == 0 || (isFollowed && count < Self.wakeBatch) ? nil : state.waiting.popFirst()?.value
    }
    waiting?.resume()
  }

  private func remark(_ status: Int, _ message: borrowing NATSMessage, _ prefixLength: Int) {
    // A heartbeat.
    if status == 100 { return }
    let text = message.header("Description") ?? ""
    let request = UInt64(message.subject.utf8.dropFirst(prefixLength).asText, radix: 36) ?? 0
    if status == 409, text.contains("Deleted") {
      return end(RopewalkError(.jetStreamRefused, "the consumer '\(name)' was removed at the server; start again to make it anew"))
    }
    let pause = status == 408 ? nil : ContinuousClock.now + Self.pauseAfterTrouble
    state.withLock { $0.table.ended(request, pauseUntil: pause) }
    ask()
  }

  private func ask() {
    guard connection.isConnected else { return }
    guard let request = state.withLock({ $0.end == nil ? $0.table.nextRequest(at: .now) : nil }) else { return }
    let body = "{\"batch\":\(request.count),\"expires\":\(Self.expires.nanoseconds)}"
    let message = NATSOutgoing(subject, payload: Array(body.utf8))
    do throws(RopewalkError) {
      try connection.publish(message, reply: prefix + String(request.id, radix: 36))
    } catch {
      state.withLock { $0.table.ended(request.id, pauseUntil: .now + Self.pauseAfterTrouble) }
    }
  }

  private func end(_ error: RopewalkError) {
    let waiting = state.withLock { state in
      if state.end == nil { state.end = error }
      defer { state.waiting = [:] }
      return state.waiting.values
    }
    for continuation in waiting { continuation.resume() }
  }
}
