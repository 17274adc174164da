import RopewalkConnector
import RopewalkCore
import RopewalkJournal
import RopewalkPlugins
import RopewalkResources
import RopewalkTesting
import Synchronization
import Testing

@testable import RopewalkPipeline

/// How other systems lose messages, each of which must end well here. Those that take a whole process are among the tests of
/// the commands.
@Suite(.takesTurns) struct KnownLossTests {
  private let clock = VirtualClock(autoAdvances: true)

  /// Elsewhere: acknowledged, because "not found" and "could not look" were the same.
  @Test func aLookupFails() async throws {
    let node = FaultInjectingConnection(clock: clock)
    let step = FaultInjectingLogic { (message, attempt) throws(LogicError) in
      if attempt <= 2 { throw LogicError(ErrorCode("lookup.failed", .unavailable), "the directory does not answer", recoverable: true) }
      return .pass
    }
    let harness = Harness(
      clock: clock,
      sources: [ListSource(messages(20), clock: clock)],
      steps: [("lookup", step)],
      destinations: [.init(name: "a", node: node)]
    )
    let snapshot = try await harness.runToTheEnd()
    #expect(snapshot.total.delivered == 20)
    #expect(node.delivered.map(\.id) == messages(20).map(\.id))
  }

  /// Elsewhere: a 4xx was dropped.
  @Test func anErrorIsPermanent() async throws {
    let node = FaultInjectingConnection(clock: clock) { (_, _) throws(ConnectionError) in throw ConnectionError(.rejected, "400") }
    let harness = Harness(clock: clock, sources: [ListSource(messages(5), clock: clock)], destinations: [.init(name: "a", node: node)])
    let snapshot = try await harness.runToTheEnd()
    #expect(snapshot.total.deadLettered == 5)
    #expect(try await harness.letters.map(\.messageID).sorted() == messages(5).map(\.id))
  }

  /// Elsewhere: a node with two incoming edges took messages of one of them only.
  @Test func twoIncomingEdges() async throws {
    let node = FaultInjectingConnection()
    let harness = Harness(
      sources: [ListSource(messages(50, customer: "left")), ListSource(messages(50, customer: "right"))],
      destinations: [.init(name: "a", node: node)]
    )
    let snapshot = try await harness.runToTheEnd()
    #expect(snapshot.total.delivered == 100)
    #expect(Set(node.delivered.map(\.id)) == Set((messages(50, customer: "left") + messages(50, customer: "right")).map(\.id)))
  }

  /// Elsewhere: the first destination's filter dropped the message for all.
  @Test func aFilterInFrontOfEachDestination() async throws {
    func only(_ remainder: Int) -> [(name: String, node: any LogicNode)] {
      let node = FaultInjectingLogic { (message, _) throws(LogicError) in
        (Int(message.id.split(separator: "-")[1]) ?? 0) % 2 == remainder ? .pass : .drop
      }
      return [("only-\(remainder)", node)]
    }
    let (even, odd) = (FaultInjectingConnection(), FaultInjectingConnection())
    let harness = Harness(
      sources: [ListSource(messages(10))],
      destinations: [.init(name: "even", node: even, steps: only(0)), .init(name: "odd", node: odd, steps: only(1))]
    )
    let snapshot = try await harness.runToTheEnd()
    #expect((snapshot.total.delivered, snapshot.total.filtered) == (10, 10))
    #expect((even.delivered.count, odd.delivered.count) == (5, 5))
  }

  /// Elsewhere: one tenant's flood took the room of all, and the oldest messages went.
  @Test func oneTenantsFloodMeetsItsQueue() async throws {
    let barrier = Barrier()
    let node = FaultInjectingConnection { (message, _) throws(ConnectionError) in
      if message.metadata.customerID == "flood" { await barrier.pass() }
    }
    let seen = Collected<(String, Bool)>()
    var harness = Harness(
      limits: PipelineLimits(queuePerCustomer: 300, queue: 1000, memory: MemoryLimits(messagesPerCustomer: 50, messages: 400)),
      destinations: [.init(name: "a", node: node)]
    )
    harness.sources = [
      FaultInjectingConnection(onReceive: { (inbox) throws(ConnectionError) in
        for message in messages(1000, customer: "flood") + messages(100, customer: "quiet") {
          seen.append(contentsOf: [(message.headers["X-Customer-ID"] ?? "", await inbox.accept(message) == .accepted)])
        }
        barrier.open()
      })
    ]
    let snapshot = try await harness.runToTheEnd()
    let accepted = Dictionary(grouping: seen.all.filter(\.1), by: \.0).mapValues(\.count)
    #expect(accepted == ["flood": 300, "quiet": 100])
    // All that was accepted came, the oldest first of all.
    #expect(snapshot.total.delivered == 400)
    #expect(node.delivered.contains { $0.id == "flood-0" })
    #expect(snapshot.total.refused == 700)
  }

  /// Elsewhere: all three were sent again, the healthy ones twice.
  @Test func oneDestinationOfThreeFails() async throws {
    let nodes = (0..<3).map { number in
      FaultInjectingConnection(clock: clock) { (_, attempt) throws(ConnectionError) in
        if number == 1, attempt <= 3 { throw ConnectionError(.sendFailed, "500", recoverable: true) }
      }
    }
    let targets = nodes.enumerated().map { Harness.Target(name: "d\($0)", node: $1) }
    let harness = Harness(clock: clock, sources: [ListSource(messages(30), clock: clock)], destinations: targets)
    let snapshot = try await harness.runToTheEnd()
    #expect(snapshot.total.delivered == 90)
    #expect(nodes.map(\.attempts.count) == [30, 120, 30])
  }

  /// Elsewhere: what was under way when the configuration was changed was lost.
  @Test func aRestartWithAnotherConfiguration() async throws {
    let journal = MemoryJournal(isDurable: true)
    let stuck = FaultInjectingConnection { (_, _) throws(ConnectionError) in
      await untilCancelled()
      throw ConnectionError(.cancelled, "cancelled")
    }
    let healthy = FaultInjectingConnection()
    var before = Harness(
      sources: [ListSource(messages(50), staysOpen: true)],
      steps: [("old", FaultInjectingLogic())],
      destinations: [.init(name: "stays", node: stuck), .init(name: "done", node: healthy), .init(name: "leaves", node: stuck)],
      journal: journal
    )
    before.endsWhenSourcesEnd = false
    let first = before.makeRun()
    try await withThrowingTaskGroup { group in
      group.addTask { try await first.run() }
      try await eventually { first.snapshot().total.delivered >= 50 }
      group.cancelAll()
      await #expect(throws: CancellationError.self) { try await group.waitForAll() }
    }
    // Started again with other steps, without one destination, with a new one.
    let (stays, new) = (FaultInjectingConnection(), FaultInjectingConnection())
    let done = FaultInjectingConnection()
    let after = Harness(
      sources: [ListSource([message("after")])],
      steps: [("new", FaultInjectingLogic())],
      destinations: [.init(name: "stays", node: stays), .init(name: "done", node: done), .init(name: "new", node: new)],
      journal: journal
    )
    let second = after.makeRun()
    try await second.run()
    #expect(stays.delivered.map(\.id).sorted() == (messages(50).map(\.id) + ["after"]).sorted())
    #expect(done.delivered.map(\.id) == ["after"])
    #expect(new.delivered.map(\.id) == ["after"])
    #expect(try await after.letters.count == 50)
    #expect(try await after.letters.allSatisfy { $0.destinations == ["leaves"] && $0.code == "delivery.destination.gone" })
    #expect(try await journal.ledger().allSatisfy { $0.balances && $0.inFlight == 0 })
  }
}
