package import Logging
package import RopewalkCore
import RopewalkJournal
import Synchronization

extension ErrorCode {
  /// One node after the other ended with a message in work.
  package static let redelivered = ErrorCode("delivery.redelivered", .fault)
}

/// One step of an integration on one node: what it takes from JetStream, and where that goes.
///
/// It stands between a consumer and a run. ``source`` hands the consumer's messages to the run, ``journal`` is what the
/// run appends to and settles, and ``sink(to:)`` passes messages on to the next step. What is open here is said to be in
/// progress; a node that falls silent loses its messages to the others.
package final class StepDesk: Sendable {
  package enum Step: Sendable, Equatable {
    /// From the senders to the destinations' queues: converters and filters.
    case logic(destinations: [String])
    /// From a destination's queue to the destination.
    case outgoing(destination: String)

    var isLogic: Bool { if case .logic = self { true } else { false } }
  }

  private struct Room {
    var changes = 0
    var waiting: [CheckedContinuation<Void, Never>] = []
  }

  let cluster: JetStreamJournal
  let integration: String
  let step: Step
  /// What its messages stand in.
  let stream: String
  let limits: NodeLimits
  let logger: Logger
  let keyOfMessage: (@Sendable (Message) -> String)?
  let table = Mutex(StepTable())
  private let room = Mutex(Room())
  private let listener = Mutex<Int?>(nil)
  private let lastBeat = Mutex(ContinuousClock.now)

  /// - Parameter orderingKey: what messages are kept in order by, besides their customers; nil for nothing else. The logic asks it,
  ///   because after the steps the payload may not tell any more.
  package init(
    _ cluster: JetStreamJournal,
    integration: String,
    step: Step,
    limits: NodeLimits = NodeLimits(),
    orderingKey: (@Sendable (Message) -> String)? = nil,
    logger: Logger
  ) {
    self.cluster = cluster
    self.integration = integration
    self.step = step
    self.stream = step.isLogic ? cluster.names.accepted : cluster.names.steps
    self.limits = limits
    self.logger = logger
    self.keyOfMessage = orderingKey
    let listener = cluster.jetStream.connection.events.add { [weak self] event in
      switch event {
      case .tick: self?.beat()
      case .reconnected: self?.beat(now: true)
      case .disconnected, .closed: break
      }
    }
    self.listener.withLock { $0 = listener }
  }

  deinit {
    if let listener = listener.withLock({ $0 }) { cluster.jetStream.connection.events.remove(listener) }
  }

  /// What the run receives from.
  package var source: StepSource { StepSource(desk: self) }
  /// What the run appends to and settles.
  package var journal: StepJournal { StepJournal(desk: self) }
  /// Where the run sends what goes on to a destination's queue.
  package func sink(to destination: String) -> StepSink { StepSink(desk: self, destination: destination) }

  var connection: NATSConnection { cluster.jetStream.connection }

  /// The stream and the consumer that all nodes of this step share.
  var consumer: (stream: String, configuration: ConsumerConfiguration) {
    let names = cluster.names
    var configuration: ConsumerConfiguration
    switch step {
    case .logic:
      configuration = ConsumerConfiguration(
        durable: "logic-" + TenantNames.token(integration),
        subjects: names.allIncoming(integration)
      )
    case .outgoing(let destination):
      configuration = ConsumerConfiguration(
        durable: names.stepConsumer(integration, destination: TenantNames.token(destination)),
        subjects: [names.allSteps(integration, to: destination)]
      )
    }
    configuration.acknowledgementWait = limits.acknowledgementWait
    configuration.maxUnacknowledged = 100_000
    return (stream, configuration)
  }

  /// Says three times in each wait that what is open here is being worked on.
  private func beat(now: Bool = false) {
    let isDue = lastBeat.withLock { last in
      guard now || last + limits.acknowledgementWait / 3 <= .now else { return false }
      last = .now
      return true
    }
    guard isDue, connection.isConnected else { return }
    for delivered in table.withLock(\.held) { connection.acknowledge(delivered, .inProgress) }
  }

  /// Returns when another message may be taken.
  func waitForRoom() async {
    _ = await waiting { table in hasRoom(table) ? true : nil }
  }

  /// The next parked messages whose customer has room, when there are some; nil when the task is cancelled.
  func nextParked(upTo limit: Int) async -> (customer: String, messages: [Delivered])? {
    await waiting { table in
      var parked = table.parked
      table.parked = ParkedMessages()
      defer { table.parked = parked }
      return parked.next(upTo: limit) { table.room(for: $0, in: limits) }
    }
  }

  /// Waits until `find` finds something; nil when the task is cancelled.
  private func waiting<Found>(_ find: (inout StepTable) -> Found?) async -> Found? {
    while !Task.isCancelled {
      if let found = table.withLock({ find(&$0) }) { return found }
      let changes = room.withLock(\.changes)
      if let found = table.withLock({ find(&$0) }) { return found }
      await withTaskCancellationHandler {
        await withCheckedContinuation { continuation in
          let goesOn = room.withLock { room in
            if room.changes != changes || Task.isCancelled { return true }
            room.waiting.append(continuation)
            return false
          }
          if goesOn { continuation.resume() }
        }
      } onCancel: {
        tellRoom()
      }
    }
    return nil
  }

  /// Gives a message back, to be handed out again after a while.
  func giveBack(_ delivered: Delivered, after delay: Duration) {
    cluster.end(trial(of: delivered))
    connection.acknowledge(delivered, .again(after: delay))
  }

  /// From now on what is in work here goes to others when the node leaves, instead of when the wait for it is over.
  func giveBackInTheEnd() {
    let name = consumer.configuration.durable ?? ""
    cluster.state.withLock { state in
      state.trials.holders[name] = { [weak self] in
        guard let self else { return }
        for delivered in table.withLock({ $0.removeAll() }) { giveBack(delivered, after: .zero) }
      }
    }
  }

  /// How many nodes ended with a message in work, when that is so many that it may be what ends them.
  func failures(of delivered: Delivered) async throws -> Int? {
    guard delivered.deliveries > limits.maxDeliveries else { return nil }
    let failures = try await cluster.failures(of: trial(of: delivered))
    return failures >= limits.maxDeliveries - limits.unwatchedDeliveries ? failures : nil
  }

  /// Writes down that this node takes a message which was handed out often.
  func begin(_ delivered: Delivered) async throws {
    guard delivered.deliveries > limits.unwatchedDeliveries else { return }
    try await cluster.begin(trial(of: delivered))
  }

  private func trial(of delivered: Delivered) -> Trial { Trial(isHop: !step.isLogic, sequence: delivered.sequence) }

  /// Whether nothing more is taken for now.
  var isFull: Bool { !table.withLock { hasRoom($0) } }

  private func hasRoom(_ table: borrowing StepTable) -> Bool {
    table.count < limits.window && table.size < limits.windowSize.bytes && table.parked.count < limits.maxParked
  }

  /// Whoever waits looks again.
  func tellRoom() {
    let waiting = room.withLock { room in
      room.changes += 1
      defer { room.waiting = [] }
      return room.waiting
    }
    for continuation in waiting { continuation.resume() }
  }

  /// What ``nextParked(upTo:)`` gave out is in work, or given back.
  func resumed(_ customer: String) {
    table.withLock { $0.parked.resumed(customer) }
    tellRoom()
  }

  /// Parks a message when its customer has its share of the window, or an earlier one of its is parked. Returns whether it did.
  func park(_ delivered: Delivered) -> Bool {
    // Replays have a lane of their own.
    guard !(step.isLogic && delivered.subject.hasSuffix(".replay")) else { return false }
    let customer = TenantNames.customer(of: delivered.subject)
    let isParked = table.withLock { table in
      guard table.parked.hasEarlier(of: customer) || table.room(for: customer, in: limits) <= 0 else { return false }
      table.parked.park(delivered, of: customer)
      return true
    }
    if isParked { tellRoom() }
    return isParked
  }

  /// Ends a message here: the consumer forgets it, and with it goes the large payload that belongs to the hop alone.
  func finish(_ delivered: Delivered) async {
    connection.acknowledge(delivered, .done)
    cluster.end(trial(of: delivered))
    guard !step.isLogic, let note = try? EntryNote(text: delivered.note), let body = note.body, body != note.acceptedBody else { return }
    await cluster.bodies.remove(body)
  }
}
