package import RopewalkCore
import Synchronization

/// Publishes into streams, many messages at once, and answers when the stream has them.
///
/// What is not answered is sent again: after a time, and at once when the connection is there again. So a message whose
/// answer was lost may come twice; give it a `Nats-Msg-Id` where that matters. Nothing is given up whose end is unknown:
/// a call returns when every message was stored or refused, or throws when the connection is closed for good.
package final class JetStreamPublisher: Sendable {
  private struct State {
    var table = PublishTable()
    var waiting: [CheckedContinuation<Void, Never>] = []
    var isClosed = false
  }

  /// Between two attempts when no server answers for the stream, as while a cluster elects a leader.
  private static let retryInterval: Duration = .milliseconds(250)

  private let connection: NATSConnection
  private let limits: NATSOptions.Limits
  private let prefix: String
  private let state = Mutex(State())
  private let subscription = Mutex<NATSSubscription?>(nil)
  private let listener = Mutex<Int?>(nil)

  package init(_ connection: NATSConnection) throws(RopewalkError) {
    self.connection = connection
    self.limits = connection.options.limits
    prefix = NATSConnection.makeInbox() + "."
    let length = prefix.utf8.count
    let subscription = try connection.subscribe(prefix + "*") { [weak self] message in
      guard let self, let id = UInt64(message.subject.utf8.dropFirst(length).asText, radix: 36) else { return }
      self.answer(id, message)
    }
    self.subscription.withLock { $0 = subscription }
    let listener = connection.events.add { [weak self] event in
      switch event {
      case .tick: self?.sendAgain(all: false)
      case .reconnected: self?.sendAgain(all: true)
      case .disconnected: break
      case .closed: self?.close()
      }
    }
    self.listener.withLock { $0 = listener }
  }

  deinit {
    if let listener = listener.withLock({ $0 }) { connection.events.remove(listener) }
    subscription.withLock { $0?.cancel() }
  }

  /// Publishes messages in order, and returns what became of each.
  ///
  /// Cancelling changes nothing. While too many are without an answer, it waits for room.
  /// - Throws: `nats.disconnected` while no server is connected, and then nothing was sent; `nats.closed` when the connection ends
  ///   for good, and then it is not known what was stored.
  package func publish(_ messages: [NATSOutgoing]) async throws -> [PublishResult] {
    guard !messages.isEmpty else { return [] }
    await waitForRoom()
    try connection.expectConnected()
    return try await withCheckedThrowingContinuation { continuation in
      let now = ContinuousClock.now
      let ids = state.withLock { state -> ClosedRange<UInt64>? in
        guard !state.isClosed else { return nil }
        let (due, deadline) = (now + limits.acknowledgementWait, now + limits.requestTimeout)
        return state.table.enter(messages, due: due, deadline: deadline, continuation)
      }
      guard let ids else { return continuation.resume(throwing: Self.closed) }
      for (id, message) in zip(ids, messages) { send(id, message) }
    }
  }

  /// Messages without an answer yet.
  package var unacknowledged: Int { state.withLock(\.table.count) }

  /// Publishes one message.
  package func publish(_ message: NATSOutgoing) async throws -> PublishResult {
    try await publish([message])[0]
  }

  private func close() {
    let (continuations, waiting) = state.withLock { state in
      state.isClosed = true
      defer { state.waiting = [] }
      return (state.table.removeAll(), state.waiting)
    }
    for continuation in continuations { continuation.resume(throwing: Self.closed) }
    for continuation in waiting { continuation.resume() }
  }

  private func send(_ id: UInt64, _ message: NATSOutgoing) {
    do throws(RopewalkError) {
      try connection.publish(message, reply: prefix + String(id, radix: 36))
    } catch {
      // Whatever hindered it, it is sent again when it is due; only what can never be sent is refused.
      guard message.payload.count > connection.maxPayload else { return }
      finish(state.withLock { $0.table.answer(id, .refused(JetStreamRefusal(code: 413, text: error.message))) })
    }
  }

  private func answer(_ id: UInt64, _ message: borrowing NATSMessage) {
    let batch: PublishTable.Batch?
    if let status = message.status {
      let refusal = JetStreamRefusal(status: status)
      batch = state.withLock { $0.table.nobodyAnswered(id, at: .now, again: Self.retryInterval, refusal) }
    } else {
      let result = PublishResult(acknowledgement: message.bytes)
      batch = state.withLock { $0.table.answer(id, result) }
    }
    finish(batch)
  }

  private func finish(_ batch: PublishTable.Batch?) {
    guard let batch else { return }
    batch.continuation.resume(returning: batch.results.compactMap(\.self))
    let waiting = state.withLock { state in
      guard hasRoom(state) else { return [CheckedContinuation<Void, Never>]() }
      defer { state.waiting = [] }
      return state.waiting
    }
    for continuation in waiting { continuation.resume() }
  }

  private func hasRoom(_ state: borrowing State) -> Bool {
    state.table.count < limits.maxUnacknowledged && state.table.size < limits.maxUnacknowledgedSize.bytes
  }

  private func waitForRoom() async {
    while true {
      let hasRoom = state.withLock { self.hasRoom($0) || $0.isClosed }
      if hasRoom { return }
      await withCheckedContinuation { continuation in
        let goesOn = state.withLock { state in
          if self.hasRoom(state) || state.isClosed { return true }
          state.waiting.append(continuation)
          return false
        }
        if goesOn { continuation.resume() }
      }
    }
  }

  private func sendAgain(all: Bool) {
    guard connection.isConnected else { return }
    let now = ContinuousClock.now
    let due = state.withLock { $0.table.takeDue(at: now, all: all, next: now + limits.acknowledgementWait) }
    for (id, message) in due { send(id, message) }
  }

  private static let closed = RopewalkError(.natsClosed, "the connection to NATS was closed before it answered")
}

extension PublishResult {
  /// `{"stream":"…","seq":7,"duplicate":true}`, or an error.
  init(acknowledgement bytes: UnsafeBufferPointer<UInt8>) {
    guard let json = try? JSON.parse(bytes) else {
      self = .refused(JetStreamRefusal(code: 500, text: "an acknowledgement that is no JSON"))
      return
    }
    if let error = json["error"] {
      self = .refused(JetStreamRefusal(error))
    } else if let sequence = json["seq"]?.int {
      self = .stored(UInt64(sequence), isDuplicate: json["duplicate"]?.bool == true)
    } else {
      self = .refused(JetStreamRefusal(code: 500, text: "an acknowledgement without a sequence"))
    }
  }
}

extension JetStreamRefusal {
  init(code: Int, text: String) {
    self.code = code
    self.errorCode = 0
    self.text = text
  }
}
