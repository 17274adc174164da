package import Logging
package import RopewalkCore
import RopewalkJournal
import Synchronization

extension ErrorCode {
  /// A message was handed out again and again, and no node finished it.
  package static let redelivered = ErrorCode("delivery.redelivered", .fault)
  static let destinationUnknown = ErrorCode("delivery.destination.gone", .notFound)
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
  }

  private static let maxReturns = 10_000

  let cluster: JetStreamJournal
  let integration: String
  let step: Step
  let limits: NodeLimits
  let logger: Logger
  let table = Mutex(StepTable())
  private let room = Mutex<[CheckedContinuation<Void, Never>]>([])
  private let listener = Mutex<Int?>(nil)
  private let lastBeat = Mutex(ContinuousClock.now)
  /// How often this node gave a message back on purpose, which says nothing against it.
  private let returns = Mutex<[UInt64: Int]>([:])

  package init(_ cluster: JetStreamJournal, integration: String, step: Step, limits: NodeLimits = NodeLimits(), logger: Logger) {
    self.cluster = cluster
    self.integration = integration
    self.step = step
    self.limits = limits
    self.logger = logger
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
    let stream: String
    switch step {
    case .logic:
      stream = names.accepted
      configuration = ConsumerConfiguration(
        durable: "logic-" + TenantNames.token(integration),
        subjects: names.allIncoming(integration)
      )
    case .outgoing(let destination):
      stream = names.steps
      configuration = ConsumerConfiguration(
        durable: "to-\(TenantNames.token(integration))-\(TenantNames.token(destination))",
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

  /// Returns when there is room for another message.
  func waitForRoom() async {
    while !hasRoom, !Task.isCancelled {
      await withTaskCancellationHandler {
        await withCheckedContinuation { continuation in
          room.withLock { $0.append(continuation) }
          if hasRoom || Task.isCancelled { tellRoom() }
        }
      } onCancel: {
        tellRoom()
      }
    }
  }

  /// Gives a message back, to be handed out again after a while.
  func giveBack(_ delivered: Delivered, after delay: Duration) {
    returns.withLock { returns in
      // Forgetting them makes a message given up earlier, and never lost.
      if returns.count >= Self.maxReturns { returns = [:] }
      returns[delivered.sequence, default: 0] += 1
    }
    connection.acknowledge(delivered, .again(after: delay))
  }

  /// How often nodes have begun with a message and not finished, this one not counted.
  func failures(of delivered: Delivered) -> Int {
    delivered.deliveries - 1 - returns.withLock { $0[delivered.sequence] ?? 0 }
  }

  private var hasRoom: Bool { table.withLock { $0.count < limits.window && $0.size < limits.windowSize.bytes } }

  func tellRoom() {
    let waiting = room.withLock { waiting in
      defer { waiting = [] }
      return waiting
    }
    for continuation in waiting { continuation.resume() }
  }

  /// Ends a message here: the consumer forgets it, and with it goes the large payload that belongs to the hop.
  func finish(_ entry: StepTable.Entry) async {
    connection.acknowledge(entry.delivered, .done)
    _ = returns.withLock { $0.removeValue(forKey: entry.delivered.sequence) }
    if case .outgoing = step, let body = entry.note.body { await cluster.bodies.remove(body) }
  }
}
