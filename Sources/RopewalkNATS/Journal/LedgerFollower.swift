import Logging
import RopewalkCore
import Synchronization

/// Keeps a node's copy of the ledger up to date: reads the records of all nodes in the order of their stream.
///
/// The server pushes records to us. When one is missing, or nothing was heard for too long, or the connection was broken,
/// the reading starts again after the last record that we have. When the next ones have gone meanwhile, as while a node was cut off
/// for long, it goes on from the last snapshot.
final class LedgerFollower: Sendable {
  /// What somebody who waits for a record does next.
  private enum Next: Sendable {
    case goOn
    /// For all who wait.
    case readSnapshot
  }

  private struct Waiter: Sendable {
    let sequence: UInt64
    let continuation: CheckedContinuation<Next, any Error>
  }

  private struct State {
    var reading: LedgerReading
    var subscription: NATSSubscription?
    var lastHeard = ContinuousClock.now
    var waiting: [Waiter] = []
    var isReadingSnapshot = false

    /// Nil for who has to wait.
    mutating func next(for sequence: UInt64) -> Result<Next, any Error>? {
      // Who is told that a record counts must not go on where nobody reads the next one.
      if let failure = reading.failure { return .failure(failure) }
      if reading.ledger.sequence >= sequence { return .success(.goOn) }
      guard reading.isBehind, !isReadingSnapshot else { return nil }
      isReadingSnapshot = true
      return .success(.readSnapshot)
    }

    mutating func takeReady() -> [(waiter: Waiter, next: Result<Next, any Error>)] {
      var ready: [(waiter: Waiter, next: Result<Next, any Error>)] = []
      let all = waiting
      waiting = []
      for waiter in all {
        if let next = next(for: waiter.sequence) { ready.append((waiter, next)) } else { waiting.append(waiter) }
      }
      return ready
    }
  }

  private static let heartbeat: Duration = .seconds(5)
  /// Three heartbeats missed.
  private static let silence: Duration = .seconds(16)
  /// Between two attempts at the last snapshot while the servers do not hand it out.
  private static let pauseAfterTrouble: Duration = .milliseconds(500)

  private let bodies: BodyStore
  private let connection: NATSConnection
  private let names: TenantNames
  private let maxLines: Int
  private let logger: Logger
  private let state: Mutex<State>
  private let listener = Mutex<Int?>(nil)
  private let hasFailed = Gate()

  /// - Parameters:
  ///   - ledger: what it starts from.
  ///   - snapshot: the message that it was read from; 0 for none.
  init(_ bodies: BodyStore, ledger: LedgerState, snapshot: UInt64, logger: Logger) {
    self.bodies = bodies
    connection = bodies.jetStream.connection
    names = bodies.names
    maxLines = ledger.maxLines
    self.logger = logger
    state = Mutex(State(reading: LedgerReading(ledger, snapshot: snapshot)))
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
    try state.withLock { try body($0.reading.ledger) }
  }

  /// When the last record was stored, by the server's clock; 1970 while there is none. Ages are measured from one time of that
  /// clock to another, so that nothing is taken for old because a node's clock is wrong.
  var time: Timestamp { state.withLock(\.reading.time) }

  /// The ledger, and the last snapshot's message, when so many records have come since then.
  func snapshotIfDue(after records: Int) -> (ledger: LedgerState, previous: UInt64)? {
    state.withLock { $0.reading.snapshotIfDue(after: records) }
  }

  /// Returns once the record of that sequence and all before it are in the ledger.
  /// - Throws: `nats.closed`, `nats.record.unreadable`.
  func waitFor(_ sequence: UInt64) async throws {
    while case .readSnapshot = try await next(for: sequence) { try await readSnapshot() }
  }

  /// - Throws: `nats.record.unreadable`, `nats.closed` when nothing is read any more.
  func expectToRead() throws(RopewalkError) {
    if let failure = state.withLock(\.reading.failure) { throw failure }
  }

  /// Waits until the ledger cannot be read any further, or the connection has ended.
  /// - Throws: why it cannot be read; `CancellationError`.
  func untilUnreadable() async throws {
    await hasFailed.wait()
    try Task.checkCancellation()
    if let failure = state.withLock(\.reading.failure), failure.code != .natsClosed { throw failure }
  }

  private func next(for sequence: UInt64) async throws -> Next {
    try await withCheckedThrowingContinuation { continuation in
      let next = state.withLock { state -> Result<Next, any Error>? in
        if let next = state.next(for: sequence) { return next }
        state.waiting.append(Waiter(sequence: sequence, continuation: continuation))
        return nil
      }
      if let next { continuation.resume(with: next) }
    }
  }

  /// Goes on from the last snapshot. Should this one be cancelled meanwhile, another one who waits does so.
  private func readSnapshot() async throws {
    do {
      let (ledger, snapshot) = try await lastSnapshot()
      let isWhole = state.withLock { state in
        state.isReadingSnapshot = false
        return state.reading.goOn(from: ledger, snapshot: snapshot)
      }
      if !isWhole {
        logger.error("Records of the ledger are gone that no snapshot has; 'ropewalk audit' shows what is missing")
      }
      startReading()
      resumeReady()
    } catch {
      state.withLock { state in
        state.isReadingSnapshot = false
        if let failure = error as? RopewalkError, failure.isOfSnapshot { state.reading.fail(failure) }
      }
      resumeReady()
      throw error
    }
  }

  /// Asks for it until it is handed out, cannot be read, or the connection ends.
  private func lastSnapshot() async throws -> (LedgerState, UInt64) {
    while true {
      do {
        return try await bodies.snapshot(maxLines: maxLines)
      } catch {
        if let failure = error as? RopewalkError, failure.isOfSnapshot || failure.code == .natsClosed { throw failure }
        logger.debug("The ledger's snapshot cannot be read now; it is tried again", metadata: ["error": "\(error)"])
      }
      try await Task.sleep(for: Self.pauseAfterTrouble)
    }
  }

  private func startReading() {
    let inbox = NATSConnection.makeInbox()
    let begun = state.withLock { state in
      state.lastHeard = .now
      return state.reading.begin()
    }
    guard let (reading, start) = begun,
      let subscription = try? connection.subscribe(
        inbox,
        handler: { [weak self] message in self?.arrived(message, reading) }
      )
    else { return }
    // Another reading may have begun meanwhile; of the two the later one stays.
    let (isCurrent, unused) = state.withLock { state -> (Bool, NATSSubscription?) in
      guard state.reading.isCurrent(reading) else { return (false, subscription) }
      defer { state.subscription = subscription }
      return (true, state.subscription)
    }
    unused?.cancel()
    guard isCurrent else { return }
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
      state.withLock { if $0.reading.isCurrent(reading) { $0.lastHeard = .now } }
      if let reply = message.reply { try? connection.publish(NATSOutgoing(reply)) }
      return
    }
    guard let record = Delivered(message) else { return }
    let (verdict, over) = state.withLock { state -> (LedgerReading.Verdict, NATSSubscription?) in
      let verdict = state.reading.take(record, of: reading, snapshots: names.snapshot)
      if verdict != .stale { state.lastHeard = .now }
      return (verdict, verdict == .gone || verdict == .unreadable ? state.subscription.take() : nil)
    }
    over?.cancel()
    if verdict == .lost { startReading() }
    if verdict != .stale { resumeReady() }
  }

  private func fail(_ error: RopewalkError) {
    state.withLock { $0.reading.fail(error) }
    resumeReady()
  }

  private func resumeReady() {
    let (ready, isOver) = state.withLock { ($0.takeReady(), $0.reading.failure != nil) }
    for (waiter, next) in ready { waiter.continuation.resume(with: next) }
    if isOver { hasFailed.open() }
  }
}

extension RopewalkError {
  /// What another attempt does not change.
  fileprivate var isOfSnapshot: Bool { code == .recordUnreadable || code == .bodyMissing }
}
