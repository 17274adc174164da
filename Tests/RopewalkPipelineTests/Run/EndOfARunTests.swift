import Logging
import RopewalkConnector
import RopewalkCore
import RopewalkJournal
import RopewalkPlugins
import RopewalkResources
import RopewalkTesting
import ServiceLifecycle
import Synchronization
import Testing

@testable import RopewalkPipeline

@Suite(.takesTurns) struct EndOfARunTests {
  @Test func gracefulShutdownSettlesWhatIsInFlight() async throws {
    let barrier = Barrier()
    let node = FaultInjectingConnection { (_, _) throws(ConnectionError) in await barrier.pass() }
    let source = ListSource(messages(10), staysOpen: true)
    var harness = Harness(sources: [source], destinations: [.init(name: "a", node: node)])
    harness.endsWhenSourcesEnd = false
    let run = harness.makeRun()
    let group = ServiceGroup(
      configuration: ServiceGroupConfiguration(
        services: [.init(service: run, successTerminationBehavior: .gracefullyShutdownGroup)],
        logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
      )
    )
    try await withThrowingTaskGroup { tasks in
      tasks.addTask { try await group.run() }
      await barrier.arrived(10)
      await group.triggerGracefulShutdown()
      await run.drainRequested.wait()
      let late = await run.intake.accept(message("late"), from: "in-0")
      guard case .refused(let refusal) = late else { return #expect(Bool(false), "accepted while draining") }
      #expect(refusal.reason == .unavailable)
      barrier.open()
      try await tasks.waitForAll()
    }
    #expect(node.delivered.count == 10)
    #expect(node.calls.disconnect == 1)
    try await harness.expectBalance(run.snapshot())
  }

  @Test func drainingGivesUpAfterItsTimeout() async throws {
    let clock = VirtualClock()
    let barrier = Barrier()
    let node = FaultInjectingConnection(clock: clock) { (_, _) throws(ConnectionError) in
      await barrier.pass()
      if Task.isCancelled { throw ConnectionError(.cancelled, "cancelled") }
    }
    var harness = Harness(clock: clock, limits: PipelineLimits(drainTimeout: .seconds(12)))
    harness.sources = [ListSource(messages(3), staysOpen: true)]
    harness.destinations = [.init(name: "a", node: node)]
    let run = harness.makeRun()
    async let ended: Void = run.run()
    await barrier.arrived(3)
    run.drain()
    // The watch over attempts sleeps too, because they are still running.
    await clock.waitForSleepers(2)
    clock.advance(by: .seconds(12))
    do {
      try await ended
      #expect(Bool(false), "it should have said that something is left")
    } catch let error as RopewalkError {
      #expect(error.code == .drainTimeout)
      #expect(error.message.contains("3 deliveries in flight after 12s"))
    }
    #expect(node.attempts.count == 3)
    try await harness.expectBalance(run.snapshot(), inFlight: 3)
    let lane = JournalLane.accepted(integration: "orders", customer: "acme")
    #expect(try await harness.journal.unsettled(in: lane, after: nil, limit: 10).map(\.message.id) == messages(3).map(\.id))
  }

  @Test func drainingWaitsForRetriesWithinItsTimeout() async throws {
    let clock = VirtualClock(autoAdvances: true)
    let node = FaultInjectingConnection(clock: clock) { (_, attempt) throws(ConnectionError) in
      if attempt <= 3 { throw ConnectionError(.sendFailed, "not now", recoverable: true) }
    }
    var harness = Harness(clock: clock)
    let running = Mutex<IntegrationRun?>(nil)
    harness.sources = [
      FaultInjectingConnection(onReceive: { (inbox) throws(ConnectionError) in
        clock.beginWork()
        _ = await inbox.accept(message("m1"))
        running.withLock { $0?.drain() }
        clock.endWork()
        await untilCancelled()
      })
    ]
    harness.destinations = [.init(name: "a", node: node)]
    let run = harness.makeRun()
    running.withLock { $0 = run }
    try await run.run()
    running.withLock { $0 = nil }
    #expect(node.attempts.map(\.time) == [.zero, .seconds(1), .seconds(3), .seconds(7)])
    #expect(node.delivered.count == 1)
    try await harness.expectBalance(run.snapshot())
  }

  @Test func cancellationStopsNowAndLeavesTheRestToTheJournal() async throws {
    let barrier = Barrier()
    let node = FaultInjectingConnection { (message, _) throws(ConnectionError) in
      guard message.id != "acme-0" else { return }
      await barrier.pass()
      if Task.isCancelled { throw ConnectionError(.cancelled, "cancelled") }
    }
    let hanging = FaultInjectingLogic { (message, _) throws(LogicError) in
      if message.metadata.customerID == "hangs" {
        await untilCancelled()
        throw LogicError(ErrorCode("step.cancelled", .fault), "cancelled")
      }
      return .pass
    }
    let harness = Harness(
      sources: [ListSource(messages(3) + [message("m", customer: "hangs")], staysOpen: true)],
      steps: [("s", hanging)],
      destinations: [.init(name: "a", node: node)]
    )
    let run = harness.makeRun()
    await withThrowingTaskGroup { group in
      group.addTask { try await run.run() }
      await barrier.arrived(2)
      group.cancelAll()
      await #expect(throws: CancellationError.self) { try await group.waitForAll() }
    }
    #expect(node.calls.disconnect == 1)
    #expect(try await harness.letters.isEmpty)
    #expect(hanging.wasShutDown)
    try await harness.expectBalance(run.snapshot(), inFlight: 3)
  }

  @Test func anotherRunTakesUpWhatTheJournalKept() async throws {
    let journal = MemoryJournal()
    func entry(_ id: String, _ integration: String, _ destinations: [String]) -> JournalEntry {
      var message = message(id)
      message.metadata = MessageMetadata(customerID: "acme", integrationID: integration)
      return JournalEntry(message: message, destinations: destinations)
    }
    _ = try await journal.append([
      entry("m1", "orders", ["a", "b"]), entry("m2", "orders", ["a", "gone"]), entry("m3", "orders", ["gone"]), entry("x", "other", ["a"]),
    ])
    try await journal.settle([Settlement(position: JournalPosition(1), destination: "a", outcome: .delivered)])
    let (first, second) = (FaultInjectingConnection(), FaultInjectingConnection())
    var harness = Harness(sources: [ListSource([message("m4")])], journal: journal)
    harness.destinations = [.init(name: "a", node: first), .init(name: "b", node: second)]
    harness.runLimits.journalPage = 1
    let run = harness.makeRun()
    try await run.run()
    #expect(first.delivered.map(\.id).sorted() == ["m2", "m4"])
    #expect(second.delivered.map(\.id).sorted() == ["m1", "m4"])
    #expect(try await harness.letters.map(\.messageID) == ["m2", "m3"])
    #expect(try await harness.letters.allSatisfy { $0.code == "delivery.destination.gone" && $0.destinations == ["gone"] })
    #expect(run.snapshot().total.inFlight == 0)
    let open = try await journal.unsettled(in: .accepted(integration: "other", customer: "acme"), after: nil, limit: 10)
    #expect(open.map(\.message.id) == ["x"])
    #expect(try await journal.ledger().allSatisfy { $0.balances })
  }

  /// Otherwise nothing of its letter would keep its empty payload from being sent.
  @Test func aDamagedMessageSaysSoForADestinationThatIsGoneToo() async throws {
    let memory = MemoryJournal()
    var message = message("m1")
    message.metadata = MessageMetadata(customerID: "acme", integrationID: "orders")
    _ = try await memory.append([JournalEntry(message: message, destinations: ["a", "gone"])])
    let node = FaultInjectingConnection()
    var harness = Harness(sources: [ListSource([])], destinations: [.init(name: "a", node: node)])
    harness.journal = FaultInjectingJournal(memory, damage: { _ in "it is damaged" })
    try await harness.runToTheEnd()
    #expect(node.delivered.isEmpty)
    let letters = try await harness.letters
    #expect(letters.flatMap(\.destinations).sorted() == ["a", "gone"])
    #expect(letters.allSatisfy { $0.code == "delivery.payload.unreadable" && $0.damage == "it is damaged" })
  }

  @Test func aJournalThatCannotBeReadStopsTheRunBeforeAnythingIsReceived() async throws {
    struct Unreadable: Error {}
    let source = ListSource(messages(3))
    var harness = Harness(sources: [source], destinations: [.init(name: "a", node: FaultInjectingConnection())])
    harness.journal = FaultInjectingJournal(MemoryJournal(), onRead: { throw Unreadable() })
    let run = harness.makeRun()
    await #expect(throws: Unreadable.self) { try await run.run() }
    #expect(source.acceptances.isEmpty)
  }

  @Test func aRunIsUsedOnce() async throws {
    let harness = Harness(sources: [ListSource([])], destinations: [.init(name: "a", node: FaultInjectingConnection())])
    let run = harness.makeRun()
    try await run.run()
    await #expect(throws: RopewalkError.self) { try await run.run() }
  }
}
