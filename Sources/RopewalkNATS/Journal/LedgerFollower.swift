import RopewalkCore
import Synchronization

/// Keeps a node's copy of the ledger up to date: reads the records of all nodes in the order of their stream.
///
/// The server pushes records to us. When one is missing, or nothing was heard for too long, or the connection was broken,
/// the reading starts again after the last record that we have.
final class LedgerFollower: Sendable {
  private struct State {
    var ledger: LedgerState
    var reading: UInt64 = 0
    var subscription: NATSSubscription?
    var consumerSequence: UInt64 = 0
    var lastHeard = ContinuousClock.now
    var time = Timestamp(nanoseconds: 0)
    var recordsSinceSnapshot = 0
    var lastSnapshot: UInt64
    var waiting: [(sequence: UInt64, continuation: CheckedContinuation<Void, any Error>)] = []
    var failure: RopewalkError?

    mutating func takeReady() -> [CheckedContinuation<Void, any Error>] {
      guard !waiting.isEmpty else { return [] }
      let ready = waiting.filter { $0.sequence <= ledger.sequence }.map(\.continuation)
      waiting.removeAll { $0.sequence <= ledger.sequence }
      return ready
    }
  }

  private static let heartbeat: Duration = .seconds(5)
  /// Three heartbeats missed.
  private static let silence: Duration = .seconds(16)

  private let connection: NATSConnection
  private let names: TenantNames
  private let state: Mutex<State>
  private let listener = Mutex<Int?>(nil)

  /// - Parameters:
  ///   - ledger: what it starts from.
  ///   - snapshot: the message that it was read from; 0 for none.
  init(_ connection: NATSConnection, names: TenantNames, ledger: LedgerState, snapshot: UInt64) {
    self.connection = connection
    self.names = names
    state = Mutex(State(ledger: ledger, lastSnapshot: snapshot))
    let listener = connection.events.add { [weak self] event in
      switch event {
      case .tick: self?.checkSilence()
      case .reconnected: self?.startReading()
      case .disconnected: break
      case .closed: self?.fail(RopewalkError(.natsClosed, "the connection to NATS is closed"))
      }
    }
    self.listener.withLock { $0 = listener }
    startReading()
  }

  deinit {
    if let listener = listener.withLock({ $0 }) { connection.events.remove(listener) }
    state.withLock { $0.subscription?.cancel() }
  }

  func read<Result>(_ body: (LedgerState) throws -> sending Result) rethrows -> sending Result {
    try state.withLock { try body($0.ledger) }
  }

  /// When the last record was stored, by the server's clock; 1970 while there is none. Ages are measured from one time of that
  /// clock to another, so that nothing is taken for old because a node's clock is wrong.
  var time: Timestamp { state.withLock(\.time) }

  /// The ledger, and the last snapshot's message, when so many records have come since then.
  func snapshotIfDue(after records: Int) -> (ledger: LedgerState, previous: UInt64)? {
    state.withLock { state in
      guard state.recordsSinceSnapshot >= records else { return nil }
      state.recordsSinceSnapshot = 0
      return (state.ledger, state.lastSnapshot)
    }
  }

  /// Returns once the record of that sequence and all before it are in the ledger.
  /// - Throws: `nats.closed`, `nats.record.unreadable`.
  func waitFor(_ sequence: UInt64) async throws {
    try await withCheckedThrowingContinuation { continuation in
      let result = state.withLock { state -> Result<Void, any Error>? in
        if state.ledger.sequence >= sequence { return .success(()) }
        if let failure = state.failure { return .failure(failure) }
        state.waiting.append((sequence, continuation))
        return nil
      }
      if let result { continuation.resume(with: result) }
    }
  }

  private func startReading() {
    let inbox = NATSConnection.makeInbox()
    let (reading, start) = state.withLock { state -> (UInt64, UInt64) in
      state.reading += 1
      state.consumerSequence = 0
      state.lastHeard = .now
      return (state.reading, state.ledger.sequence + 1)
    }
    guard
      let subscription = try? connection.subscribe(
        inbox,
        handler: { [weak self] message in self?.arrived(message, reading) }
      )
    else { return }
    let old = state.withLock { state in
      defer { state.subscription = subscription }
      return state.subscription
    }
    old?.cancel()
    let name = "ropewalk-\(MessageID.next())"
    let config: JSON = [
      "name": .string(name), "deliver_subject": .string(inbox), "ack_policy": "none", "deliver_policy": "by_start_sequence",
      "opt_start_seq": .number(JSONNumber(literal: String(start))), "flow_control": true,
      "idle_heartbeat": .number(JSONNumber(Int(Self.heartbeat.nanoseconds))), "mem_storage": true, "num_replicas": 1,
      "inactive_threshold": .number(JSONNumber(Int(Self.silence.nanoseconds))), "max_deliver": 1,
    ]
    let body: JSON = ["stream_name": .string(names.ends), "config": .object(config.object ?? JSONObject())]
    let request = NATSOutgoing("$JS.API.CONSUMER.CREATE.\(names.ends).\(name)", payload: body.serialised())
    // What fails here is silence, after which it is tried again.
    connection.requests.send(request, timeout: connection.options.limits.requestTimeout, answer: { _ in true }, fail: { _ in })
  }

  private func checkSilence() {
    let isSilent = state.withLock { $0.lastHeard + Self.silence < .now }
    if isSilent, connection.isConnected { startReading() }
  }

  private func arrived(_ message: borrowing NATSMessage, _ reading: UInt64) {
    if message.status != nil {
      // A heartbeat, or a request of the flow control, which is answered.
      state.withLock { $0.lastHeard = .now }
      if let reply = message.reply { try? connection.publish(NATSOutgoing(reply)) }
      return
    }
    guard let record = Delivered(message) else { return }
    enum Verdict { case stale, gap, taken }
    var ready: [CheckedContinuation<Void, any Error>] = []
    let verdict = state.withLock { state -> Verdict in
      guard state.reading == reading else { return .stale }
      state.lastHeard = .now
      guard record.consumerSequence == state.consumerSequence + 1 else { return .gap }
      state.consumerSequence = record.consumerSequence
      state.time = max(state.time, record.time)
      do throws(RopewalkError) { try take(record, &state) } catch { state.failure = error }
      ready = state.takeReady()
      return .taken
    }
    for continuation in ready { continuation.resume() }
    if verdict == .gap { startReading() }
    if verdict == .taken, let failure = state.withLock(\.failure) { fail(failure) }
  }

  private func take(_ message: Delivered, _ state: inout State) throws(RopewalkError) {
    state.ledger.since = state.ledger.since ?? message.time
    if message.subject == names.snapshot {
      state.lastSnapshot = message.sequence
      state.recordsSinceSnapshot = 0
      state.ledger.sequence = max(state.ledger.sequence, message.sequence)
    } else {
      state.recordsSinceSnapshot += 1
      let record = try LedgerRecord(bytes: message.payload, sequence: message.sequence)
      state.ledger.apply(record, at: message.sequence, message.time)
    }
  }

  private func fail(_ error: RopewalkError) {
    let waiting = state.withLock { state in
      state.failure = state.failure ?? error
      defer { state.waiting = [] }
      return state.waiting
    }
    for waiter in waiting { waiter.continuation.resume(throwing: error) }
  }
}
