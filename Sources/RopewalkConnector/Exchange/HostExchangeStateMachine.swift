import RopewalkCore

extension ConnectionError {
  /// The message was not sent.
  static var connectionHasEnded: ConnectionError {
    var error = ConnectionError(.connectionFailed, "the connection to the connector has ended", recoverable: true)
    error.attempt = .notMade
    return error
  }
}

/// The host's side of one stream: what it writes next, and what a frame of the connector's means.
///
/// A `Ticket` stands for who waits for a message's outcome.
struct HostExchangeStateMachine<Ticket: Sendable>: FrameMachine, Sendable {
  /// What the stream is opened with.
  struct Opening: Sendable {
    var connectionID: String
    var ends: ConnectionEnds
    var resumePosition: [UInt8] = []
    var limits: ExchangeLimits
    /// How many messages may wait for credit.
    var waitingLimit: Int
    /// How many positions refused messages may hold back.
    var positionLimit: Int
  }

  /// What to write next.
  enum Plan: Sendable {
    case open(Opening)
    case receipts([WireReceipt])
    case credit(messages: Int, bytes: Int)
    case cancel(UInt64)
    case batch([Departure])
    case chunk(DepartingChunk)
    case finish
  }

  /// What a frame brought.
  enum Event {
    case nothing
    case opened
    /// The connector cannot serve the stream.
    case refused(ConnectionError)
    case messages([Arrival])
    case outcomes([(Ticket, ConnectionError?)])
    /// The source has ended. The stream goes on until every message has its receipt.
    case sourceEnded(ConnectionError?)
  }

  private enum Phase { case unopened, opening, open, ended }

  private let opening: Opening
  private var phase = Phase.unopened
  private var outgoing: OutgoingLine<Ticket>
  private var incoming: IncomingLine
  private var positions: PositionTracker
  private var receipts: [WireReceipt] = []
  private var cancels: [UInt64] = []
  /// Of messages whose outcome came in a frame that breaks the contract.
  private var disbelieved: [Ticket] = []
  private var sourceHasEnded = false
  private var isFinishing = false
  private var finishIsSent = false
  private var chunkIsNext = false

  init(_ opening: Opening) {
    self.opening = opening
    outgoing = OutgoingLine(limits: opening.limits)
    incoming = IncomingLine(limits: opening.limits)
    positions = PositionTracker(limit: opening.positionLimit)
  }

  var isEnded: Bool { phase == .ended }
  /// The connector was asked to end the stream.
  var isFinishSent: Bool { finishIsSent }

  /// Whether ``next()`` has something to write.
  var hasNext: Bool {
    switch phase {
    case .unopened: true
    case .opening, .ended: false
    case .open:
      !receipts.isEmpty
        || !finishIsSent && (isGrantDue || !cancels.isEmpty || outgoing.hasChunk || outgoing.hasBatch || isFinishDue)
    }
  }

  private var isGrantDue: Bool { !isFinishing && !sourceHasEnded && incoming.isGrantDue }

  private var isFinishDue: Bool {
    (isFinishing || sourceHasEnded && incoming.isIdle && !opening.ends.contains(.outgoing)) && outgoing.isDrained
  }

  var isFull: Bool { outgoing.waitingCount >= opening.waitingLimit }

  /// Takes a message to send. Returns why not, and then has not taken it.
  mutating func send(_ message: Message, id: OutgoingLine<Ticket>.ID, ticket: Ticket) -> ConnectionError? {
    guard phase != .ended, !isFinishing else {
      return .connectionHasEnded
    }
    guard message.payload.count <= opening.limits.maxPayload else {
      return ConnectionError(
        .rejected,
        "the payload of \(message.payload.count) bytes is larger than a connector is sent (\(opening.limits.maxPayload))"
      )
    }
    guard outgoing.waitingCount < opening.waitingLimit else {
      return ConnectionError(.rateLimited, "\(opening.waitingLimit) messages wait for the connector already", recoverable: true)
    }
    outgoing.enqueue(message, id: id, ticket: ticket)
    return nil
  }

  /// Nobody waits for a message's outcome any more. Returns its ticket when it had none yet.
  mutating func cancel(_ id: OutgoingLine<Ticket>.ID) -> Ticket? {
    switch outgoing.cancel(id) {
    case nil: return nil
    case .beforeSending(let ticket): return ticket
    case .underWay(let ticket, let sequence):
      // A connector that was told to finish may end the stream at any time: nothing is written that it need not know.
      if !finishIsSent { cancels.append(sequence) }
      return ticket
    }
  }

  /// The host's answer to a message. Returns the position that a source may go on from when it has moved.
  mutating func acceptance(_ acceptance: Acceptance, of sequence: UInt64) -> [UInt8]? {
    guard phase != .ended, incoming.answered(sequence) else { return nil }
    receipts.append(WireReceipt(acceptance, sequence: sequence))
    if case .refused(let refusal) = acceptance, !refusal.reason.isFinal {
      positions.refused(sequence)
      return nil
    }
    return positions.settled(sequence)
  }

  /// No further messages either way; what is under way gets its outcome.
  mutating func finish() { isFinishing = true }

  /// Those who still waited when the stream ended.
  struct Leftover: Sendable {
    /// Of messages that were not sent.
    var notSent: [Ticket]
    /// Of messages whose outcome is not known.
    var underWay: [Ticket]
  }

  /// The stream is over.
  mutating func end() -> Leftover {
    phase = .ended
    defer { disbelieved = [] }
    return Leftover(notSent: outgoing.removeWaiting(), underWay: disbelieved + outgoing.removeUnderWay())
  }

  mutating func next() -> Plan? {
    switch phase {
    case .unopened:
      phase = .opening
      return .open(opening)
    case .opening, .ended: return nil
    case .open: break
    }
    if !receipts.isEmpty {
      defer { receipts = [] }
      return .receipts(receipts)
    }
    if finishIsSent { return nil }
    if isGrantDue, let credit = incoming.grant() { return .credit(messages: credit.messages, bytes: credit.bytes) }
    if let sequence = cancels.popLast() { return .cancel(sequence) }
    if let plan = nextPayload() { return plan }
    guard isFinishDue else { return nil }
    finishIsSent = true
    return .finish
  }

  /// Batches and chunks take turns, so that a large message does not hold up small ones, nor they it.
  private mutating func nextPayload() -> Plan? {
    if chunkIsNext || !outgoing.hasBatch, let chunk = outgoing.nextChunk() {
      chunkIsNext = false
      return .chunk(chunk)
    }
    guard outgoing.hasBatch else { return nil }
    chunkIsNext = true
    return .batch(outgoing.nextBatch())
  }

  mutating func received(_ frame: ConnectorFrame) throws(ProtocolViolation) -> Event {
    guard phase != .ended else { return .nothing }
    if phase == .opening { return try receivedFirst(frame) }
    switch frame {
    case .opened: throw ProtocolViolation("it says twice that the stream is open")
    case .messages(let arrivals):
      guard opening.ends.contains(.incoming) else { throw ProtocolViolation("it sends messages on a stream that takes none") }
      guard !sourceHasEnded else { throw ProtocolViolation("it sends messages after the end of its source") }
      return .messages(try received(arrivals))
    case .chunk(let chunk):
      return .messages(try incoming.chunk(chunk.sequence, chunk.data).map { [$0] } ?? [])
    case .outcomes(let outcomes):
      return .outcomes(try tickets(of: outcomes))
    case .credit(let credit):
      try outgoing.addCredit(messages: credit.messages, bytes: credit.bytes)
      return .nothing
    case .ended(let ended):
      guard !sourceHasEnded else { throw ProtocolViolation("it says twice that its source has ended") }
      sourceHasEnded = true
      return .sourceEnded(ended.hasError ? ConnectionError(wire: ended.error) : nil)
    case .unknown: return .nothing
    }
  }

  private mutating func receivedFirst(_ frame: ConnectorFrame) throws(ProtocolViolation) -> Event {
    guard case .opened(let opened) = frame else { throw ProtocolViolation("its first frame does not say that the stream is open") }
    if opened.hasError { return .refused(ConnectionError(wire: opened.error)) }
    phase = .open
    try outgoing.addCredit(messages: opened.credit.messages, bytes: opened.credit.bytes)
    return .opened
  }

  private mutating func received(_ arrivals: [Arrival]) throws(ProtocolViolation) -> [Arrival] {
    for arrival in arrivals {
      try incoming.begin(arrival)
      try arrival.checkPosition()
      try positions.offered(arrival.sequence, id: arrival.message.id, position: arrival.position)
    }
    return arrivals.withoutChunks
  }

  private mutating func tickets(of outcomes: [WireOutcome]) throws(ProtocolViolation) -> [(Ticket, ConnectionError?)] {
    var tickets: [(Ticket, ConnectionError?)] = []
    tickets.reserveCapacity(outcomes.count)
    do {
      for outcome in outcomes {
        guard let ticket = try outgoing.answered(outcome.sequence) else { continue }
        tickets.append((ticket, outcome.hasError ? ConnectionError(wire: outcome.error) : nil))
      }
    } catch {
      // Nothing of a frame that breaks the contract is believed.
      disbelieved = tickets.map(\.0)
      throw error
    }
    return tickets
  }
}
