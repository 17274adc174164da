import RopewalkJournal
import RopewalkResources

/// Which accepted messages are in memory and which wait in the journal alone, and whether another one may be accepted.
///
/// A customer may have at most an eighth of what is still free, and a destination at most as many of a customer's messages,
/// and of all of them, as are still free: so those who are stuck leave room for those who are not (dynamic thresholds,
/// after Choudhury and Hahne, "Dynamic Queue Length Thresholds for Shared-Memory Packet Switches").
struct BacklogStateMachine {
  enum Entrance {
    case open(AppendTicket)
    case customerFull(retryAfter: Duration)
    case full(retryAfter: Duration)
    /// No message is taken any more.
    case closed
  }

  /// One append that is under way.
  struct AppendTicket: Sendable {
    let lane: CustomerLane
    fileprivate let group: Int
  }

  let limits: PipelineLimits
  let destinationCount: Int
  /// Places of customers who do not have `queuePerCustomer`.
  var queues: [String: Int]
  /// Customers without anything open that are remembered, because they are likely to come back.
  let maxIdleCustomers: Int
  let makeTally: @Sendable (String) -> Tally
  private(set) var isClosed = false
  /// Nothing is read from the journal any more.
  private(set) var isReadingStopped = false
  /// Pairs accepted and not settled, wherever they are.
  var openPairs = 0
  /// What is in memory.
  var messages = 0
  var bytes = 0
  /// For each destination, by its place.
  var held: [Load]
  var heldPairs = 0
  var customers: [String: CustomerLane] = [:]
  var horizon = AppendHorizon()
  /// The first position that this run was given.
  var firstOfRun: JournalPosition?
  /// Lanes that are behind, in turns.
  var line = FIFO<LaneTurn>()
  var replays: ReplayProgress
  /// Senders that have waited and got their answer.
  var answered: [(PlaceWaiter, Entrance)] = []
  /// Whose senders may be waiting still.
  var customersWaiting: Set<String> = []
  private var rate = SettleRate(start: .zero)

  init(
    limits: PipelineLimits,
    destinationCount: Int,
    queues: [String: Int] = [:],
    maxIdleCustomers: Int = 1000,
    maxReplays: Int = RunLimits().maxReplaysInMemory,
    makeTally: @escaping @Sendable (String) -> Tally = { _ in Tally() }
  ) {
    self.limits = limits
    self.destinationCount = destinationCount
    self.queues = queues
    self.maxIdleCustomers = maxIdleCustomers
    self.makeTally = makeTally
    self.held = Array(repeating: Load(), count: destinationCount)
    self.replays = ReplayProgress(limit: maxReplays)
  }

  /// Whether nothing is accepted and not settled, and nothing will be.
  var isEmptied: Bool { isClosed && openPairs == 0 && !horizon.isPending && replays.isEndKnown }
  /// Whether nothing is in memory, and nothing will be.
  var isUnheld: Bool { isClosed && isReadingStopped && heldPairs == 0 && !horizon.isPending }

  /// Takes a place for one message of a customer, if there is one, before it is appended.
  mutating func enter(_ customer: String, at now: Duration) -> Entrance {
    guard !isClosed else { return .closed }
    let capacity = limits.queue * destinationCount
    guard openPairs + destinationCount <= capacity else { return .full(retryAfter: rate.retryAfter(queue: capacity, at: now)) }
    let lane = lane(of: customer, at: now)
    guard lane.waiting.isEmpty, hasPlace(lane) else {
      return .customerFull(retryAfter: lane.rate.retryAfter(queue: places(of: lane), at: now))
    }
    return .open(takePlace(lane))
  }

  func places(of lane: CustomerLane) -> Int { (queues[lane.customer] ?? limits.queuePerCustomer) * destinationCount }

  func hasPlace(_ lane: CustomerLane) -> Bool {
    openPairs + destinationCount <= limits.queue * destinationCount && lane.openPairs + destinationCount <= places(of: lane)
  }

  mutating func takePlace(_ lane: CustomerLane) -> AppendTicket {
    openPairs += destinationCount
    lane.openPairs += destinationCount
    lane.pendingAppends += 1
    return AppendTicket(lane: lane, group: horizon.begin())
  }

  /// The journal did not take the message.
  mutating func cancel(_ ticket: AppendTicket) {
    horizon.end(ticket.group, at: nil)
    openPairs -= destinationCount
    ticket.lane.openPairs -= destinationCount
    ticket.lane.pendingAppends -= 1
    letIn(ticket.lane)
    forgetIfIdle(ticket.lane)
  }

  /// The journal has the message. Returns the destinations, of all given, to which it goes on from memory now; the others
  /// get it from the journal.
  mutating func accepted(_ ticket: AppendTicket, at position: JournalPosition, size: Int, all destinations: [Int]) -> [Int] {
    let lane = ticket.lane
    horizon.end(ticket.group, at: position)
    lane.pendingAppends -= 1
    firstOfRun = firstOfRun ?? position
    guard offer(position, to: lane, nil, hasRoom: hasRoom(lane, size: size)) else { return [] }
    return hold(position, of: lane, size: size, for: destinations)
  }

  /// One pair has its end in the journal.
  /// - Parameters:
  ///   - destination: its place; nil when the integration no longer has it.
  ///   - isLast: whether the message leaves memory with it.
  mutating func settled(_ message: AcceptedMessage, destination: Int?, isLast: Bool, at now: Duration) {
    let (lane, size) = (message.lane, message.size)
    openPairs -= 1
    lane.openPairs -= 1
    if let destination {
      held[destination].remove(size)
      lane.held[destination].remove(size)
      heldPairs -= 1
    }
    if isLast {
      messages -= 1
      bytes -= size
      lane.messages -= 1
      lane.bytes -= size
      if message.replay != nil { replays.end(size: size) }
    }
    rate.record(at: now)
    lane.rate.record(at: now)
    letIn(lane)
    forgetIfIdle(lane)
  }

  /// Takes no message from now on, nor those that wait for a place.
  mutating func close(at now: Duration) {
    isClosed = true
    _ = endWaits(at: now)
  }

  mutating func stopReading() {
    isReadingStopped = true
  }

  /// Offers a message to a lane; one that falls behind gets into the line for the reader.
  mutating func offer(_ position: JournalPosition, to lane: CustomerLane, _ destination: Int?, hasRoom: Bool) -> Bool {
    if lane[destination].offer(position, hasRoom: hasRoom) { return true }
    enlist(lane, destination)
    return false
  }

  /// Takes a message into memory for those of the destinations that have room for it; returns them.
  mutating func hold(_ position: JournalPosition, of lane: CustomerLane, size: Int, for destinations: [Int]) -> [Int] {
    var taken = destinations
    if destinationCount > 1 {
      for destination in destinations where !offer(position, to: lane, destination, hasRoom: hasRoom(lane, destination: destination)) {
        taken.removeAll { $0 == destination }
      }
    }
    keep(lane, size: size, for: taken)
    return taken
  }

  mutating func keep(_ lane: CustomerLane, size: Int, for destinations: [Int]) {
    guard !destinations.isEmpty else { return }
    for destination in destinations {
      held[destination].add(size)
      lane.held[destination].add(size)
    }
    heldPairs += destinations.count
    messages += 1
    bytes += size
    lane.messages += 1
    lane.bytes += size
  }

  mutating func enlist(_ lane: CustomerLane, _ destination: Int?) {
    guard !lane[destination].isListed else { return }
    lane[destination].isListed = true
    line.append(LaneTurn(lane: lane, destination: destination))
  }

  mutating func lane(of customer: String, at now: Duration, isBehind: Bool = false) -> CustomerLane {
    if let lane = customers[customer] { return lane }
    let lane = CustomerLane(
      customer: customer,
      tally: makeTally(customer),
      destinationCount: destinationCount,
      now: now,
      isBehind: isBehind
    )
    customers[customer] = lane
    return lane
  }

  private mutating func forgetIfIdle(_ lane: CustomerLane) {
    if customers.count > maxIdleCustomers, lane.isIdle { customers[lane.customer] = nil }
  }
}

/// A lane's place in the line for the reader.
struct LaneTurn {
  let lane: CustomerLane
  /// Nil for all of them.
  let destination: Int?
}
