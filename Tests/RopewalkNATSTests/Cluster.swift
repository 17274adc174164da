import Logging
import RopewalkConnector
import RopewalkCore
import RopewalkJournal
import RopewalkPipeline
import RopewalkPlugins
import RopewalkResources
import RopewalkTesting
import Synchronization
import Testing

@testable import RopewalkNATS

/// Parts of an integration `orders` that converts, filters and fails by the number in a message's id.
enum Cluster {
  struct Node: Sendable {
    let journal: JetStreamJournal
    let run: IntegrationRun
  }

  static func journal(_ server: NATSServer) async throws -> JetStreamJournal {
    let connection = try await NATSConnection.connect(NATSOptions(servers: [server.url]))
    return try await JetStreamJournal.open(connection, tenant: "t", logger: .quiet)
  }

  static func entry(_ id: String) -> JournalEntry {
    let metadata = MessageMetadata(customerID: "c", integrationID: "orders")
    return JournalEntry(message: Message(id: id, payload: [7], metadata: metadata), destinations: ["a"])
  }

  static func incoming(_ server: NATSServer, count: Int, _ destinations: [String]) async throws -> Node {
    let journal = try await journal(server)
    let messages = (0..<count).map { number in
      Message(id: "m\(number)", payload: Array("m\(number)".utf8), headers: MessageHeaders([.init(name: "C", value: "c\(number % 3)")]))
    }
    return node(
      journal,
      EntranceJournal(journal, destinations: destinations),
      from: ListSource(messages, manners: .triesAgain),
      name: "in",
      to: [("cluster", EntranceSink())],
      isContinuation: false
    )
  }

  static func logic(
    _ server: NATSServer,
    _ destinations: [String],
    _ limits: NodeLimits = NodeLimits(),
    step: any LogicNode = ByNumber(),
    orderingKey: OrderingKey? = nil
  ) async throws -> Node {
    let journal = try await journal(server)
    var keyOfMessage: (@Sendable (Message) -> String)?
    if let orderingKey { keyOfMessage = { orderingKey.key(of: $0) } }
    let desk = StepDesk(
      journal,
      integration: "orders",
      step: .logic(destinations: destinations),
      limits: limits,
      orderingKey: keyOfMessage,
      logger: .quiet
    )
    return node(
      journal,
      desk.journal,
      from: desk.source,
      name: "cluster",
      steps: [PlannedStep(name: "convert", kind: .converter, node: step)],
      to: destinations.map { ($0, desk.sink(to: $0)) },
      isContinuation: true
    ) { plan in
      if let orderingKey { (plan.integration.spec.ordering, plan.integration.spec.orderingKey) = (.key, orderingKey) }
    }
  }

  static func outgoing(
    _ server: NATSServer,
    to destination: String,
    _ sink: any ConnectionNode,
    _ limits: NodeLimits = NodeLimits(),
    orderingKey: OrderingKey? = nil
  ) async throws -> Node {
    let journal = try await journal(server)
    let desk = StepDesk(journal, integration: "orders", step: .outgoing(destination: destination), limits: limits, logger: .quiet)
    return node(journal, desk.journal, from: desk.source, name: "cluster", to: [(destination, sink)], isContinuation: true) { plan in
      guard let orderingKey else { return }
      (plan.integration.spec.ordering, plan.integration.spec.orderingKey) = (.key, orderingKey)
      plan.givenOrderingKey = { desk.orderingKey(of: $0) }
    }
  }

  /// Returns when so many pairs are accepted and none is in flight.
  static func waitUntilSettled(_ journal: JetStreamJournal, accepted: Int) async throws {
    try await eventually("everything settled") {
      let ledger = try await journal.ledger()
      #expect(ledger.allSatisfy { $0.balances })
      return ledger.map(\.accepted).reduce(0, +) >= accepted && ledger.allSatisfy { $0.inFlight == 0 }
    }
  }

  /// Returns when nothing is left of messages that are settled; what a node did not come to, another does.
  static func waitUntilEmpty(_ journal: JetStreamJournal) async throws {
    for stream in [journal.names.accepted, journal.names.steps] {
      try await eventually("\(stream) empty") {
        try await journal.sweep()
        return try await journal.jetStream.state(of: stream).messages == 0
      }
    }
  }

  /// Runs `body` while whoever answers reads of a stream says no: 404 when it has nothing of it.
  static func whileReads(of stream: String, areAnswered status: Int, _ server: NATSServer, _ body: () async throws -> Void) async throws {
    let connection = try await NATSConnection.connect(NATSOptions(servers: [server.url]))
    defer { connection.close() }
    let jetStream = try await JetStream(connection)
    var config = try #require(try await jetStream.ask("STREAM.INFO.\(stream)")["config"]?.object)
    config["allow_direct"] = false
    _ = try await jetStream.ask("STREAM.UPDATE.\(stream)", .object(config))
    let subscription = try connection.subscribe("$JS.API.DIRECT.GET.\(stream)") { question in
      if let reply = question.reply { try? connection.publish(NATSOutgoing(reply, headers: [("Status", "\(status)")])) }
    }
    // Once this is answered, the server knows of the subscription.
    #expect(try await jetStream.state(of: stream).firstSequence > 0)
    try await body()
    subscription.cancel()
    config["allow_direct"] = true
    _ = try await jetStream.ask("STREAM.UPDATE.\(stream)", .object(config))
  }

  private static func node(
    _ journal: JetStreamJournal,
    _ stepJournal: any Journal,
    from source: any ConnectionNode,
    name: String,
    steps: [PlannedStep] = [],
    to destinations: [(name: String, node: any ConnectionNode)],
    isContinuation: Bool,
    change: (inout Plan) -> Void = { _ in }
  ) -> Node {
    let incoming = PlannedIncoming(spec: ConnectionSpec(name: name, type: "test"), node: source)
    let outgoing = destinations.map {
      PlannedDestination(spec: DestinationSpec(connection: ConnectionSpec(name: $0.name, type: "test")), node: $0.node)
    }
    let spec = IntegrationSpec(customer: .header("C"), incoming: [incoming.spec], outgoing: outgoing.map(\.spec))
    var plan = Plan(
      integration: Integration(metadata: ObjectMetadata(name: "orders"), spec: spec),
      incoming: [incoming],
      steps: steps,
      destinations: outgoing
    )
    plan.isContinuation = isContinuation
    change(&plan)
    return Node(journal: journal, run: IntegrationRun(plan: plan, journal: stepJournal, logger: .quiet))
  }
}

/// Filters messages whose number ends with 0, fails those with 1, converts the others.
private struct ByNumber: LogicNode {
  func process(_ message: Message) async throws(LogicError) -> LogicOutcome {
    switch message.id.last {
    case "0": return .drop
    case "1": throw LogicError(ErrorCode("test.one", .rejected), "a one")
    default: return .replace(payload: Array("converted ".utf8) + message.payload, contentType: nil, headers: nil)
    }
  }
}

extension Delivered {
  /// A message of the stream as a node parks it: without its payload.
  static func parked(_ position: JournalPosition, in journal: JetStreamJournal) async throws -> Delivered {
    let stored = try #require(try await journal.jetStream.message(position.value, of: journal.names.accepted))
    return Delivered(
      subject: stored.subject,
      note: stored.note,
      payload: [],
      reply: "none",
      sequence: stored.sequence,
      consumerSequence: 1,
      deliveries: 1,
      pending: 0
    )
  }
}

/// A destination that remembers what it got.
final class Recorder: ConnectionNode {
  private let messages = Mutex<[(id: String, payload: String)]>([])

  var ids: [String] { messages.withLock { $0.map(\.id) } }
  var payloads: Set<String> { messages.withLock { Set($0.map(\.payload)) } }

  var metadata: PluginMetadata { PluginMetadata(id: "recorder", name: "recorder", supportedTypes: ["recorder"], description: "") }
  func validate(_ configuration: ConnectionConfiguration) async -> [ConfigurationProblem] { [] }
  func connect(_ configuration: ConnectionConfiguration) async throws(ConnectionError) {}
  func disconnect() async {}

  func send(_ message: Message) async throws(ConnectionError) {
    messages.withLock { $0.append((message.id, String(decoding: message.payload, as: UTF8.self))) }
  }
}

extension JetStream {
  /// Sets a bound of a stream, as `nats stream edit` does; -1 for none.
  func edit(_ stream: String, _ bound: String, _ value: Int) async throws {
    var config = try #require(try await ask("STREAM.INFO.\(stream)")["config"]?.object)
    config[bound] = .number(JSONNumber(value))
    _ = try await ask("STREAM.UPDATE.\(stream)", .object(config))
  }
}
