import RopewalkConnector
import RopewalkCore
import RopewalkJournal
import RopewalkPlugins
import RopewalkResources
import RopewalkTesting
import Synchronization
import Testing

@testable import RopewalkPipeline

/// What is slow, fails or floods delays only itself.
@Suite(.takesTurns) struct IsolationTests {
  @Test func aStuckDestinationDelaysNoOther() async throws {
    let barrier = Barrier()
    let stuck = FaultInjectingConnection { (_, _) throws(ConnectionError) in await barrier.pass() }
    let healthy = FaultInjectingConnection { (message, _) throws(ConnectionError) in
      if message.id == "acme-499" { barrier.open() }
    }
    let harness = Harness(
      sources: [ListSource(messages(500))],
      destinations: [.init(name: "stuck", node: stuck, maxInFlight: 2), .init(name: "healthy", node: healthy)]
    )
    // The stuck one goes on only once the healthy one has everything, so that this ends only if it was not delayed.
    let snapshot = try await harness.runToTheEnd()
    #expect(snapshot.total.delivered == 1000)
    #expect(stuck.mostRunning <= 2)
  }

  @Test func healthyDestinationsGetNoDuplicatesWhenAnotherFails() async throws {
    let clock = VirtualClock(autoAdvances: true)
    let failing = FaultInjectingConnection(clock: clock) { (_, attempt) throws(ConnectionError) in
      if attempt <= 2 { throw ConnectionError(.sendFailed, "not now", recoverable: true) }
    }
    let broken = FaultInjectingConnection(clock: clock) { (_, _) throws(ConnectionError) in
      throw ConnectionError(.sendFailed, "never", recoverable: true)
    }
    let healthy = FaultInjectingConnection(clock: clock)
    let harness = Harness(
      clock: clock,
      sources: [ListSource(messages(100), clock: clock)],
      destinations: [
        .init(name: "failing", node: failing), .init(name: "broken", node: broken), .init(name: "healthy", node: healthy),
      ]
    )
    let snapshot = try await harness.runToTheEnd()
    #expect(healthy.attempts.count == 100)
    #expect(Set(healthy.delivered.map(\.id)).count == 100)
    #expect(failing.delivered.count == 100 && failing.attempts.count == 300)
    #expect(broken.attempts.count == 400)
    #expect((snapshot.total.delivered, snapshot.total.deadLettered, snapshot.total.retries) == (200, 100, 500))
    #expect(try await harness.letters.allSatisfy { $0.destinations == ["broken"] })
  }

  /// One customer has 1,000 messages waiting when the others' come: each of those waits for a turn, not for the thousand.
  @Test func aFloodOfOneCustomerDoesNotStarveOthersAtADestination() async throws {
    let barrier = Barrier()
    let node = FaultInjectingConnection { (message, _) throws(ConnectionError) in
      if message.id == "flood-0" { await barrier.pass() }
    }
    let others = (0..<10).map { message("other-\($0)", customer: "c\($0)") }
    let arrived = Atomic(0)
    // Each message is queued at `a` before it goes to `b`.
    let witness = FaultInjectingConnection { (_, _) throws(ConnectionError) in
      if arrived.add(1, ordering: .relaxed).newValue == 1010 { barrier.open() }
    }
    let harness = Harness(
      sources: [ListSource(messages(1000, customer: "flood") + others)],
      destinations: [.init(name: "a", node: node, maxInFlight: 1), .init(name: "b", node: witness)]
    )
    try await harness.runToTheEnd()
    let order = node.delivered.map(\.metadata.customerID)
    // All ten before the flood's twelfth.
    #expect(Set(order.prefix(22)).count == 11)
  }

  @Test func aFloodOfOneCustomerDoesNotStarveOthersInSteps() async throws {
    let barrier = Barrier()
    let step = FaultInjectingLogic { (message, _) throws(LogicError) in
      if message.id == "flood-0" { await barrier.pass() }
      return .pass
    }
    var harness = Harness(steps: [("s", step)], destinations: [.init(name: "a", node: FaultInjectingConnection())])
    harness.runLimits.maxActiveLanes = 1
    harness.runLimits.laneTurn = 4
    harness.sources = [
      FaultInjectingConnection(onReceive: { (inbox) throws(ConnectionError) in
        for message in messages(500, customer: "flood") { _ = await inbox.accept(message) }
        for number in 0..<5 { _ = await inbox.accept(message("other-\(number)", customer: "c\(number)")) }
        barrier.open()
      })
    ]
    try await harness.runToTheEnd()
    let order = step.seen.map(\.metadata.customerID)
    #expect(Set(order.prefix(4)) == ["flood"])
    #expect(Set(order.prefix(9)) == ["flood", "c0", "c1", "c2", "c3", "c4"])
  }

  @Test func aStepThatHangsForOneCustomerDelaysNoOther() async throws {
    let barrier = Barrier()
    let step = FaultInjectingLogic { (message, _) throws(LogicError) in
      if message.metadata.customerID == "hangs" { await barrier.pass() }
      return .pass
    }
    let node = FaultInjectingConnection { (message, _) throws(ConnectionError) in
      if message.id == "acme-99" { barrier.open() }
    }
    let harness = Harness(
      sources: [ListSource(messages(50, customer: "hangs") + messages(100))],
      steps: [("s", step)],
      destinations: [.init(name: "a", node: node, maxInFlight: 1)]
    )
    let snapshot = try await harness.runToTheEnd()
    #expect(snapshot.total.delivered == 150)
    #expect(node.delivered.prefix(100).allSatisfy { $0.metadata.customerID == "acme" })
  }

  /// More of one customer's deliveries hang than the destination has slots: others' find one all the same, at once.
  @Test func deliveriesOfOneCustomerThatHangLeaveSlotsForOthers() async throws {
    let clock = VirtualClock(autoAdvances: true)
    let node = FaultInjectingConnection(clock: clock) { (message, _) throws(ConnectionError) in
      guard message.metadata.customerID == "hangs" else { return }
      do { try await clock.sleep(for: .seconds(5)) } catch { throw ConnectionError(.cancelled, "cancelled") }
    }
    let quick = FaultInjectingConnection(
      clock: clock,
      onReceive: { (inbox) throws(ConnectionError) in
        clock.beginWork()
        for number in 0..<20 {
          try? await clock.sleep(for: .seconds(1))
          _ = await inbox.accept(message("quick-\(number)", customer: "quick"))
        }
        clock.endWork()
      }
    )
    let harness = Harness(
      clock: clock,
      sources: [ListSource(messages(100, customer: "hangs"), clock: clock), quick],
      destinations: [.init(name: "a", node: node, maxInFlight: 8)]
    )
    let snapshot = try await harness.runToTheEnd()
    #expect(snapshot.total.delivered == 120)
    #expect(node.mostRunning <= 8)
    let times = node.attempts.filter { $0.message.metadata.customerID == "quick" }.map(\.time)
    #expect(times == (1...20).map { .seconds($0) })
  }

  /// A destination that fails on all of one customer's many messages, and answers another's few. Those are there for longer:
  /// where nobody is answered the circuit opens, and messages wait.
  @Test func aCustomerWhoseMessagesFailClosesTheDestinationToNobodyElse() async throws {
    let clock = VirtualClock(autoAdvances: true)
    func source(_ customer: String, _ count: Int, every pause: Duration) -> FaultInjectingConnection {
      FaultInjectingConnection(
        clock: clock,
        onReceive: { (inbox) throws(ConnectionError) in
          clock.beginWork()
          for number in 0..<count {
            _ = await inbox.accept(message("\(customer)-\(number)", customer: customer))
            try? await clock.sleep(for: pause)
          }
          clock.endWork()
        }
      )
    }
    let node = FaultInjectingConnection(clock: clock) { (message, _) throws(ConnectionError) in
      if message.metadata.customerID == "bad" { throw ConnectionError(.sendFailed, "500", recoverable: true) }
    }
    let harness = Harness(
      clock: clock,
      sources: [source("good", 60, every: .seconds(1)), source("bad", 500, every: .milliseconds(100))],
      destinations: [.init(name: "a", node: node, circuitBreaker: CircuitBreakerPolicy())]
    )
    let snapshot = try await harness.runToTheEnd()
    #expect((snapshot.total.delivered, snapshot.total.deadLettered) == (60, 500))
    let times = node.attempts.filter { $0.message.metadata.customerID == "good" }.map(\.time)
    #expect(times == (0..<60).map { .seconds($0) })
  }

  @Test func deliveriesAtOnceAreBounded() async throws {
    let node = FaultInjectingConnection { (_, _) throws(ConnectionError) in await Task.yield() }
    let harness = Harness(
      sources: (0..<20).map { ListSource(messages(50, customer: "c\($0)")) },
      destinations: [.init(name: "a", node: node, maxInFlight: 3)]
    )
    try await harness.runToTheEnd()
    #expect(node.delivered.count == 1000)
    #expect(node.mostRunning <= 3)
  }
}
