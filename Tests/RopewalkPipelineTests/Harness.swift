import Logging
import RopewalkConnector
import RopewalkCore
import RopewalkJournal
import RopewalkPlugins
import RopewalkResources
import RopewalkTesting
import Synchronization
import Testing

@testable import RopewalkPipeline

/// An integration `orders` with real parts around connections and steps that a test controls.
struct Harness {
  var clock: any Clock<Duration> = ContinuousClock()
  var customer = CustomerRule.header("X-Customer-ID")
  var ordering = Ordering.none
  var orderingKey: OrderingKey?
  var limits = PipelineLimits()
  var runLimits = RunLimits(replayInterval: nil)
  var sources: [any ConnectionNode] = []
  var steps: [(name: String, node: any LogicNode)] = []
  var destinations: [Target] = []
  var journal: any Journal = MemoryJournal()
  var seed: UInt64 = 1
  var endsWhenSourcesEnd = true
  var logger = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
  let settled = Collected<SettledMessage>()

  /// One destination: its node, and how it is used.
  struct Target {
    var name: String
    var node: any ConnectionNode
    var steps: [(name: String, node: any LogicNode)] = []
    var maxInFlight = 64
    var timeout: Duration = .seconds(30)
    var retry = RetryPolicy(jitter: 0)
    /// Off, unless a test is about it.
    var circuitBreaker: CircuitBreakerPolicy?
  }

  var plan: Plan {
    let incoming = sources.enumerated().map { number, node in
      PlannedIncoming(spec: ConnectionSpec(name: "in-\(number)", type: node.metadata.name), node: node)
    }
    let destinations = destinations.map { target in
      let connection = ConnectionSpec(
        name: target.name,
        type: target.node.metadata.name,
        timeout: target.timeout,
        retryPolicy: target.retry,
        places: SettingPlaces(field: "spec.outgoing.config", marks: [[]: SourceMark(file: "orders.yaml", line: 7, column: 3)])
      )
      return PlannedDestination(
        spec: DestinationSpec(connection: connection, maxInFlight: target.maxInFlight, circuitBreaker: target.circuitBreaker),
        node: target.node,
        steps: planned(target.steps)
      )
    }
    let spec = IntegrationSpec(
      customer: customer,
      tenant: "tenant-1",
      incoming: incoming.map(\.spec),
      outgoing: destinations.map(\.spec),
      ordering: ordering,
      orderingKey: orderingKey,
      limits: limits
    )
    return Plan(
      integration: Integration(metadata: ObjectMetadata(name: "orders"), spec: spec),
      incoming: incoming,
      steps: planned(steps),
      destinations: destinations
    )
  }

  func makeRun(onReady: (@Sendable () -> Void)? = nil) -> IntegrationRun {
    let settled = settled
    return IntegrationRun(
      plan: plan,
      journal: journal,
      clock: clock,
      seed: seed,
      limits: runLimits,
      endsWhenSourcesEnd: endsWhenSourcesEnd,
      logger: logger,
      onReady: onReady,
      onSettled: { settled.append(contentsOf: [$0]) }
    )
  }

  /// Runs to the end and checks that the ledger balances with nothing in flight, and that the run counted the same.
  @discardableResult
  func runToTheEnd(_ location: SourceLocation = #_sourceLocation) async throws -> CountsSnapshot {
    let run = makeRun()
    try await run.run()
    let snapshot = run.snapshot()
    try await expectBalance(snapshot, location)
    return snapshot
  }

  /// The dead letters so far, in the order in which they were written.
  var letters: [DeadLetter] {
    get async throws { try await journal.deadLetters(matching: DeadLetterQuery(state: nil), after: nil, limit: .max) }
  }

  func expectBalance(_ snapshot: CountsSnapshot, inFlight: Int = 0, _ location: SourceLocation = #_sourceLocation) async throws {
    let ledger = try await journal.ledger()
    for line in ledger {
      #expect(line.balances, sourceLocation: location)
      let counts = snapshot.customers[line.customerID] ?? Counts()
      #expect(counts.accepted == line.accepted, sourceLocation: location)
      #expect(counts.delivered == line.delivered, sourceLocation: location)
      #expect(counts.filtered == line.filtered, sourceLocation: location)
      #expect(counts.deadLettered == line.deadLettered, sourceLocation: location)
    }
    #expect(ledger.map(\.inFlight).reduce(0, +) == inFlight, sourceLocation: location)
    #expect(snapshot.total.inFlight == inFlight, sourceLocation: location)
  }

  private func planned(_ steps: [(name: String, node: any LogicNode)]) -> [PlannedStep] {
    steps.map { PlannedStep(name: $0.name, kind: .filter, node: $0.node) }
  }
}

/// What came in, in order, from any task.
final class Collected<Element: Sendable>: Sendable {
  private let elements = Mutex<[Element]>([])

  var all: [Element] { elements.withLock { $0 } }

  func append(contentsOf new: [Element]) {
    elements.withLock { $0 += new }
  }
}

func message(_ id: String, customer: String = "acme", payload: String = "hello") -> Message {
  Message(
    id: id,
    payload: Array(payload.utf8),
    contentType: "text/plain",
    headers: MessageHeaders([.init(name: "X-Customer-ID", value: customer)])
  )
}

func messages(_ count: Int, customer: String = "acme") -> [Message] {
  (0..<count).map { message("\(customer)-\($0)", customer: customer) }
}

/// A place where tasks wait until a test lets them go on.
final class Barrier: Sendable {
  private let gate = Gate()
  private let arrivals = Mutex<(count: Int, waiters: [(count: Int, gate: Gate)])>((0, []))

  /// Waits for ``open()``; returns early when cancelled.
  func pass() async {
    let reached = arrivals.withLock { arrivals in
      arrivals.count += 1
      let reached = arrivals.waiters.filter { $0.count <= arrivals.count }
      arrivals.waiters.removeAll { $0.count <= arrivals.count }
      return reached
    }
    for waiter in reached { waiter.gate.open() }
    await gate.wait()
  }

  func open() { gate.open() }

  /// Returns once so many tasks have arrived, or when cancelled.
  func arrived(_ count: Int = 1) async {
    let gate = Gate()
    let isThere = arrivals.withLock { arrivals in
      if arrivals.count < count { arrivals.waiters.append((count, gate)) }
      return arrivals.count >= count
    }
    if !isThere { await gate.wait() }
  }
}
