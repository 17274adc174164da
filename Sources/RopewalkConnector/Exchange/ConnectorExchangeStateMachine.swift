import RopewalkCore

/// The connector's side of one stream: what it writes next, and what a frame of the host's means.
///
/// A `Ticket` stands for who waits for a message's receipt.
struct ConnectorExchangeStateMachine<Ticket: Sendable>: FrameMachine, Sendable {
  /// What to write next.
  enum Plan: Sendable {
    case opened(ConnectionError?, messages: Int, bytes: Int)
    case outcomes([WireOutcome])
    case credit(messages: Int, bytes: Int)
    case batch([Departure])
    case chunk(DepartingChunk)
    case sourceEnded(ConnectionError?)
  }

  /// What a frame brought.
  enum Event {
    case nothing
    case open(WireOpen)
    case messages([Arrival])
    case receipts([(Ticket, Acceptance)])
    /// The host no longer waits for this message.
    case cancel(UInt64)
    /// The host is done. Those whose messages were not sent yet, or will get no receipt, are told that they were not taken.
    case finish([Ticket])
  }

  private enum Phase { case unopened, opening, open, ended }
  private enum Source { case none, running, ended(ConnectionError?), told }

  private var limits: ExchangeLimits
  private let waitingLimit: Int
  private var phase = Phase.unopened
  private var refusal: ConnectionError?
  private var outgoing: OutgoingLine<Ticket>
  private var incoming: IncomingLine
  private var outcomes: [WireOutcome] = []
  /// Of messages whose receipt came in a frame that breaks the contract.
  private var disbelieved: [Ticket] = []
  private var source = Source.none
  /// The host is done: nothing new is sent to it.
  private(set) var isFinishing = false
  private var chunkIsNext = false
  private var lastID: OutgoingLine<Ticket>.ID = 0

  /// At most `waitingLimit` received messages wait for the host's credit.
  init(limits: ExchangeLimits, waitingLimit: Int) {
    self.limits = limits
    self.waitingLimit = waitingLimit
    outgoing = OutgoingLine(limits: limits)
    incoming = IncomingLine(limits: limits)
  }

  mutating func nextID() -> OutgoingLine<Ticket>.ID {
    lastID += 1
    return lastID
  }

  /// The stream's connection is found, or is not.
  /// - Parameter receives: whether a source runs.
  mutating func opened(_ error: ConnectionError?, receives: Bool) {
    refusal = error
    source = receives && error == nil ? .running : .none
  }

  /// Takes a message for the host. Returns why not, and then has not taken it.
  mutating func offer(_ message: Message, position: [UInt8], id: OutgoingLine<Ticket>.ID, ticket: Ticket) -> Refusal? {
    guard phase != .ended, !isFinishing else { return Refusal(.unavailable, "the host takes no more messages") }
    guard message.payload.count <= limits.maxPayload else {
      return Refusal(.tooLarge, "the payload of \(message.payload.count) bytes is larger than the host takes (\(limits.maxPayload))")
    }
    guard outgoing.waitingCount < waitingLimit else { return Refusal(.full, "\(waitingLimit) messages wait for the host already") }
    outgoing.enqueue(message, position: position, id: id, ticket: ticket)
    return nil
  }

  /// Whether the host still waits for what becomes of a message that it sent.
  func isAwaited(_ sequence: UInt64) -> Bool { incoming.isUnanswered(sequence) }

  /// What became of a message that the host sent. Nothing when the host no longer waits for it.
  mutating func sent(_ sequence: UInt64, _ error: ConnectionError?) {
    guard phase != .ended, incoming.answered(sequence) else { return }
    var outcome = WireOutcome()
    outcome.sequence = sequence
    if let error { outcome.error = WireError(error) }
    outcomes.append(outcome)
  }

  mutating func sourceEnded(_ error: ConnectionError?) { source = .ended(error) }

  /// The stream is over. Returns those who still wait.
  mutating func end() -> [Ticket] {
    phase = .ended
    defer { disbelieved = [] }
    return disbelieved + outgoing.removeWaiting() + outgoing.removeUnderWay()
  }

  /// Nil when there is nothing to write now, or nothing comes any more: the stream is to be ended then, see ``isEnded``.
  mutating func next() -> Plan? {
    switch phase {
    case .unopened, .ended: return nil
    case .opening:
      phase = refusal == nil ? .open : .ended
      return .opened(refusal, messages: limits.windowMessages, bytes: limits.windowBytes)
    case .open: break
    }
    if !outcomes.isEmpty {
      defer { outcomes = [] }
      return .outcomes(outcomes)
    }
    if !isFinishing, let credit = incoming.grant() { return .credit(messages: credit.messages, bytes: credit.bytes) }
    if let plan = nextPayload() { return plan }
    if case .ended(let error) = source, outgoing.isDrained {
      source = .told
      if !isFinishing { return .sourceEnded(error) }
    }
    if isEndDue { phase = .ended }
    return nil
  }

  /// Whether ``next()`` has something to write, or finds that the stream is to be ended.
  var hasNext: Bool {
    switch phase {
    case .unopened, .ended: false
    case .opening: true
    case .open:
      !outcomes.isEmpty || !isFinishing && incoming.isGrantDue || outgoing.hasChunk || outgoing.hasBatch || isSourceEndDue || isEndDue
    }
  }

  private var isSourceEndDue: Bool {
    if case .ended = source { outgoing.isDrained } else { false }
  }

  private var isEndDue: Bool {
    guard isFinishing, incoming.isIdle, outgoing.isIdle else { return false }
    if case .running = source { return false }
    return true
  }

  /// The stream is to be ended, or the connection was refused.
  var isEnded: Bool { phase == .ended }

  private mutating func nextPayload() -> Plan? {
    if chunkIsNext || !outgoing.hasBatch, let chunk = outgoing.nextChunk() {
      chunkIsNext = false
      return .chunk(chunk)
    }
    guard outgoing.hasBatch else { return nil }
    chunkIsNext = true
    return .batch(outgoing.nextBatch())
  }

  mutating func received(_ frame: HostFrame) throws(ProtocolViolation) -> Event {
    if phase == .unopened {
      guard case .open(let open) = frame else { throw ProtocolViolation("the first frame does not open the stream") }
      return .open(try receivedOpen(open))
    }
    switch frame {
    case .open: throw ProtocolViolation("the stream is opened twice")
    case .messages(let arrivals):
      for arrival in arrivals { try incoming.begin(arrival) }
      return .messages(arrivals.withoutChunks)
    case .chunk(let chunk): return .messages(try incoming.chunk(chunk.sequence, chunk.data).map { [$0] } ?? [])
    case .receipts(let receipts): return .receipts(try tickets(of: receipts))
    case .credit(let credit):
      try outgoing.addCredit(messages: credit.messages, bytes: credit.bytes)
      return .nothing
    case .cancel(let cancel): return incoming.answered(cancel.sequence) ? .cancel(cancel.sequence) : .nothing
    case .finish: return finish()
    case .unknown: return .nothing
    }
  }

  /// The host has asked to finish: nothing new is sent to it, and the receipts for what was sent are still to come.
  private mutating func finish() -> Event {
    isFinishing = true
    return .finish(outgoing.removeWaiting())
  }

  /// The host has ended its side of the stream: the same, but no receipt comes any more either.
  mutating func hostEnded() -> Event {
    isFinishing = true
    return .finish(outgoing.removeWaiting() + outgoing.removeUnderWay())
  }

  private mutating func receivedOpen(_ open: WireOpen) throws(ProtocolViolation) -> WireOpen {
    guard open.maxInlinePayload > 0, open.maxInlinePayload < 1 << 31, open.maxPayload >= open.maxInlinePayload else {
      throw ProtocolViolation("the bounds of payloads in the first frame cannot be")
    }
    phase = .opening
    limits.maxInlinePayload = Int(open.maxInlinePayload)
    limits.maxPayload = Int(clamping: open.maxPayload)
    outgoing = OutgoingLine(limits: limits)
    incoming = IncomingLine(limits: limits)
    try outgoing.addCredit(messages: open.credit.messages, bytes: open.credit.bytes)
    return open
  }

  private mutating func tickets(of receipts: [WireReceipt]) throws(ProtocolViolation) -> [(Ticket, Acceptance)] {
    var tickets: [(Ticket, Acceptance)] = []
    tickets.reserveCapacity(receipts.count)
    do {
      for receipt in receipts {
        if let ticket = try outgoing.answered(receipt.sequence) { tickets.append((ticket, Acceptance(wire: receipt))) }
      }
    } catch {
      // Nothing of a frame that breaks the contract is believed.
      disbelieved = tickets.map(\.0)
      throw error
    }
    return tickets
  }
}
