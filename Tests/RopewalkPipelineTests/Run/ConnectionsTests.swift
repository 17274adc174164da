import Logging
import RopewalkConnector
import RopewalkCore
import RopewalkJournal
import RopewalkPlugins
import RopewalkTesting
import Synchronization
import Testing

@testable import RopewalkPipeline

@Suite(.takesTurns) struct ConnectionsTests {
  @Test func aConnectionThatCannotBeOpenedIsNamedWithPlaceAndRemedy() async throws {
    let first = FaultInjectingConnection()
    let second = FaultInjectingConnection(onConnect: { (_) throws(ConnectionError) in
      throw ConnectionError(.connectionFailed, "127.0.0.1:9 refused the connection")
    })
    let source = ListSource(messages(1))
    let step = FaultInjectingLogic()
    let harness = Harness(
      sources: [source],
      steps: [("s", step)],
      destinations: [.init(name: "first", node: first), .init(name: "second", node: second)]
    )
    let error = await #expect(throws: RopewalkError.self) { try await harness.makeRun().run() }
    #expect(
      error?.description
        == "orders.yaml:7:3: integration 'orders': the destination 'second' (faults) could not connect; check the address in its config, and that nothing else uses it or stands in the way [pipeline.connect.failed] (caused by: 127.0.0.1:9 refused the connection [CONNECTION_FAILED])"
    )
    #expect(source.acceptances.isEmpty)
    #expect(first.calls == .init(connect: 1, disconnect: 1))
    #expect(step.wasShutDown)
  }

  @Test func wrongSettingsAreNamedWithTheirFields() async throws {
    let problems = [
      ConfigurationProblem(path: ["url"], "is missing", remedy: "write url: https://…"),
      ConfigurationProblem(path: ["auth", "0"], "is odd"),
    ]
    let node = FaultInjectingConnection(problems: problems)
    let harness = Harness(sources: [ListSource([])], destinations: [.init(name: "a", node: node)])
    let error = await #expect(throws: DiagnosticsError.self) { try await harness.makeRun().run() }
    #expect(
      error?.description == """
        orders.yaml:7:3: error: spec.outgoing.config.url: is missing; write url: https://…
        orders.yaml:7:3: error: spec.outgoing.config.auth[0]: is odd
        """
    )
    #expect(node.calls.connect == 0)
  }

  @Test func whatConnectorsSayIsShownWithoutSecrets() async throws {
    let wrong = ConnectionError(.unauthorized, "hunter2 is no password")
    let problems = [ConfigurationProblem(path: ["url"], "hunter2 is no host")]
    let pairs: [(source: any ConnectionNode, node: any ConnectionNode)] = [
      (ListSource([]), FaultInjectingConnection(onConnect: { (_) throws(ConnectionError) in throw wrong })),
      (ListSource([]), FaultInjectingConnection(problems: problems)),
      (FaultInjectingConnection(onConnect: { (_) throws(ConnectionError) in throw wrong }), FaultInjectingConnection()),
      (FaultInjectingConnection(onReceive: { (_) throws(ConnectionError) in throw wrong }), FaultInjectingConnection()),
    ]
    for (source, node) in pairs {
      var plan = Harness(sources: [source], destinations: [.init(name: "a", node: node)]).plan
      plan.incoming[0].redact = { $0.replacing("hunter2", with: "***") }
      plan.destinations[0].redact = { $0.replacing("hunter2", with: "***") }
      let logger = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
      let run = IntegrationRun(plan: plan, journal: MemoryJournal(), endsWhenSourcesEnd: true, logger: logger)
      do {
        try await run.run()
        #expect(Bool(false), "it should have said what is wrong")
      } catch {
        #expect("\(error)".contains("*** is no") && !"\(error)".contains("hunter2"))
      }
    }
  }

  @Test func connectingIsBounded() async throws {
    let clock = VirtualClock()
    let node = FaultInjectingConnection(onConnect: { (_) throws(ConnectionError) in
      await untilCancelled()
      throw ConnectionError(.cancelled, "cancelled")
    })
    let harness = Harness(clock: clock, sources: [ListSource([])], destinations: [.init(name: "a", node: node, timeout: .seconds(7))])
    let run = harness.makeRun()
    async let ended: Void = run.run()
    await clock.waitForSleepers()
    clock.advance(by: .seconds(7))
    do {
      try await ended
      #expect(Bool(false), "it should have given up")
    } catch let error as RopewalkError {
      #expect(error.code == .connectFailed)
      #expect(error.description.contains("not done within 7s [TIMEOUT]"))
      #expect(error.description.contains("raise its timeout"))
    }
  }

  @Test func aSourceThatBreaksIsOpenedAgain() async throws {
    let clock = VirtualClock(autoAdvances: true)
    let rounds = Atomic(0)
    let source = FaultInjectingConnection(
      clock: clock,
      onConnect: { (call) throws(ConnectionError) in
        if call == 2 { throw ConnectionError(.connectionFailed, "still away", recoverable: true) }
      },
      onReceive: { (inbox) throws(ConnectionError) in
        let round = rounds.add(1, ordering: .relaxed).newValue
        _ = await inbox.accept(message("m\(round)"))
        if round < 3 { throw ConnectionError(.receiveFailed, "connection reset", recoverable: true) }
      }
    )
    let node = FaultInjectingConnection()
    let harness = Harness(clock: clock, sources: [source], destinations: [.init(name: "a", node: node)])
    let snapshot = try await harness.runToTheEnd()
    #expect(node.delivered.map(\.id).sorted() == ["m1", "m2", "m3"])
    #expect(source.calls == .init(connect: 4, disconnect: 4))
    #expect(snapshot.faults.isEmpty)
  }

  @Test func aSourceThatFailsForGoodEndsTheRunOnceAllIsSettled() async throws {
    let source = FaultInjectingConnection(onReceive: { (inbox) throws(ConnectionError) in
      _ = await inbox.accept(message("m1"))
      throw ConnectionError(.unauthorized, "the password is wrong")
    })
    let node = FaultInjectingConnection()
    var harness = Harness(sources: [source, ListSource([], staysOpen: true)], destinations: [.init(name: "a", node: node)])
    harness.endsWhenSourcesEnd = false
    let run = harness.makeRun()
    let error = await #expect(throws: RopewalkError.self) { try await run.run() }
    #expect(error?.code == .sourceFailed)
    #expect(error?.description.contains("the incoming connection 'in-0' (faults) failed for good") == true)
    #expect(error?.description.contains("the password is wrong [UNAUTHORIZED]") == true)
    #expect(node.delivered.count == 1)
    try await harness.expectBalance(run.snapshot())
  }

  /// As long as anything can be.
  @Test func aSourceThatFailsForGoodLeavesWhatTheJournalHasToBeDelivered() async throws {
    let clock = VirtualClock(autoAdvances: true)
    let journal = MemoryJournal(isDurable: true)
    for message in messages(300) {
      var message = message
      message.metadata = MessageMetadata(customerID: "acme", integrationID: "orders")
      _ = try await journal.append([JournalEntry(message: message, destinations: ["a"])])
    }
    let source = FaultInjectingConnection(
      clock: clock,
      onReceive: { (_) throws(ConnectionError) in
        throw ConnectionError(.unauthorized, "the password is wrong")
      }
    )
    // Ten minutes in all.
    let node = FaultInjectingConnection(clock: clock) { (_, _) throws(ConnectionError) in
      do { try await clock.sleep(for: .seconds(2)) } catch { throw ConnectionError(.cancelled, "cancelled") }
    }
    var harness = Harness(clock: clock, sources: [source], journal: journal)
    harness.destinations = [.init(name: "a", node: node, maxInFlight: 1)]
    harness.runLimits.journalPage = 16
    let run = harness.makeRun()
    let error = await #expect(throws: RopewalkError.self) { try await run.run() }
    #expect(error?.code == .sourceFailed && node.delivered.count == 300)
    try await harness.expectBalance(run.snapshot())
  }

  /// What is left waits for the next run.
  @Test func aSourceThatFailsForGoodWaitsForNoDestinationThatIsDown() async throws {
    let clock = VirtualClock(autoAdvances: true)
    let source = FaultInjectingConnection(
      clock: clock,
      onReceive: { (inbox) throws(ConnectionError) in
        clock.beginWork()
        _ = await inbox.accept(message("m1"))
        clock.endWork()
        throw ConnectionError(.unauthorized, "the password is wrong")
      }
    )
    let node = FaultInjectingConnection(clock: clock) { (_, _) throws(ConnectionError) in
      if clock.now.offset < .seconds(36_000) { throw ConnectionError(.sendFailed, "down", recoverable: true) }
    }
    var harness = Harness(clock: clock, sources: [source], journal: MemoryJournal(isDurable: true))
    harness.destinations = [.init(name: "a", node: node, retry: RetryPolicy(maxRetries: 10_000, jitter: 0))]
    harness.endsWhenSourcesEnd = false
    let run = harness.makeRun()
    let error = await #expect(throws: RopewalkError.self) { try await run.run() }
    #expect(error?.code == .sourceFailed)
    let snapshot = run.snapshot()
    #expect(snapshot.elapsed < .seconds(3600))
    try await harness.expectBalance(snapshot, inFlight: 1)
  }

  @Test func isReadyOnceEverythingIsConnected() async throws {
    let node = FaultInjectingConnection()
    let harness = Harness(sources: [ListSource([])], destinations: [.init(name: "a", node: node)])
    let connects = Collected<Int>()
    try await harness.makeRun(onReady: { connects.append(contentsOf: [node.calls.connect]) }).run()
    #expect(connects.all == [1])
  }
}
