import RopewalkConnector
import RopewalkCore
import RopewalkJournal
import RopewalkResources
import RopewalkTesting
import Synchronization
import Testing

@testable import RopewalkPipeline

/// What a destination can do to us, each with its class and count; the same errors that `http` makes of real answers.
@Suite(.takesTurns) struct DestinationFaultTests {
  private let clock = VirtualClock(autoAdvances: true)

  /// One message each second, for so many seconds.
  private func source(_ count: Int, customer: String = "acme") -> FaultInjectingConnection {
    let clock = clock
    return FaultInjectingConnection(
      clock: clock,
      onReceive: { (inbox) throws(ConnectionError) in
        clock.beginWork()
        for number in 0..<count {
          _ = await inbox.accept(message("\(customer)-\(number)", customer: customer))
          try? await clock.sleep(for: .seconds(1))
        }
        clock.endWork()
      }
    )
  }

  private func target(_ node: FaultInjectingConnection, name: String = "a") -> Harness.Target {
    .init(name: name, node: node, circuitBreaker: CircuitBreakerPolicy())
  }

  @Test func downForAnHour() async throws {
    let clock = clock
    let down = FaultInjectingConnection(clock: clock) { (_, _) throws(ConnectionError) in
      try await DestinationFault.downForAnHour.strike(on: clock)
    }
    let healthy = FaultInjectingConnection(clock: clock)
    let harness = Harness(
      clock: clock,
      sources: [source(4000)],
      destinations: [target(down, name: "down"), target(healthy, name: "healthy")]
    )
    let snapshot = try await harness.runToTheEnd()
    #expect((snapshot.total.delivered, snapshot.total.deadLettered) == (8000, 0))
    #expect(down.delivered.count == 4000 && Set(down.delivered.map(\.id)).count == 4000)
    // Ten failures open the circuit, then one probe each half minute.
    let failures = down.attempts.filter { !$0.succeeded }.count
    #expect((125...135).contains(failures))
    #expect(healthy.attempts.count == 4000)
    #expect(snapshot.circuits == ["down": .closed, "healthy": .closed])
  }

  @Test func slow() async throws {
    let clock = clock
    let slow = FaultInjectingConnection(clock: clock) { (message, _) throws(ConnectionError) in
      if message.metadata.customerID == "slow" { try await DestinationFault.slow.strike(on: clock) }
    }
    let harness = Harness(
      clock: clock,
      sources: [source(100, customer: "slow"), source(100, customer: "quick")],
      destinations: [target(slow)]
    )
    let snapshot = try await harness.runToTheEnd()
    #expect((snapshot.total.delivered, snapshot.total.retries) == (200, 0))
    // Another customer waits for nothing: each of its messages is sent in the second in which it came.
    let quick = slow.attempts.filter { $0.message.metadata.customerID == "quick" }
    #expect(quick.map(\.time) == (0..<100).map { .seconds($0) })
  }

  @Test func flapping() async throws {
    let clock = clock
    let flapping = FaultInjectingConnection(clock: clock) { (_, _) throws(ConnectionError) in
      try await DestinationFault.flapping.strike(on: clock)
    }
    let harness = Harness(clock: clock, sources: [source(600)], destinations: [target(flapping)])
    let snapshot = try await harness.runToTheEnd()
    #expect((snapshot.total.delivered, snapshot.total.deadLettered) == (600, 0))
    #expect(flapping.delivered.count == 600)
    // In each of the five minutes in which it fails, ten failures open the circuit, and the first of two probes opens it again.
    let failures = flapping.attempts.filter { !$0.succeeded }
    #expect((50...65).contains(failures.count))
    for minute in stride(from: 0, to: 10, by: 2) {
      let count = failures.count { $0.time.components.seconds / 60 == minute }
      #expect((10...13).contains(count), "minute \(minute)")
    }
    // Those of probes are no message's own.
    #expect((50...60).contains(snapshot.total.retries))
  }

  @Test(arguments: [
    (DestinationFault.badRequest, 1), (.contentTooLarge, 1), (.unauthorized, 1), (.requestTimeout, 4), (.tooManyRequests, 4),
    (.serverError, 4), (.closesMidAnswer, 4),
  ])
  func oneMessageAlwaysGets(fault: DestinationFault, attempts: Int) async throws {
    let clock = clock
    let error = try #require(fault.answer)
    let node = FaultInjectingConnection(clock: clock) { (message, _) throws(ConnectionError) in
      if message.id == "acme-5" { try await fault.strike(on: clock) }
    }
    let harness = Harness(clock: clock, sources: [source(20)], destinations: [target(node)])
    let snapshot = try await harness.runToTheEnd()
    #expect((snapshot.total.delivered, snapshot.total.deadLettered) == (19, 1))
    let letter = try #require(try await harness.letters.first)
    #expect((letter.messageID, letter.code, letter.attempts.count) == ("acme-5", error.code.name, attempts))
    // The others' answers keep the circuit closed: nobody waits.
    let others = node.attempts.filter { $0.message.id != "acme-5" }
    #expect(others.map(\.time) == (0..<20).filter { $0 != 5 }.map { .seconds($0) })
    if let asked = error.retryAfter {
      let times = node.attempts.filter { $0.message.id == "acme-5" }.map(\.time)
      #expect(zip(times, times.dropFirst()).allSatisfy { $1 - $0 >= asked })
    }
  }

  @Test func neverAnswers() async throws {
    let clock = clock
    let silent = FaultInjectingConnection(clock: clock) { (_, _) throws(ConnectionError) in
      if clock.now.offset < .seconds(600) { try await DestinationFault.neverAnswers.strike(on: clock) }
    }
    var target = target(silent)
    target.timeout = .seconds(10)
    target.maxInFlight = 4
    let harness = Harness(clock: clock, sources: [source(100)], destinations: [target])
    let snapshot = try await harness.runToTheEnd()
    #expect(snapshot.total.delivered + snapshot.total.deadLettered == 100)
    #expect(snapshot.total.deadLettered == 0)
    #expect(silent.mostRunning <= 4)
    // Ten that wait for nothing open the circuit, with two more under way; then each probe waits 10 s and opens it for 30 s again.
    let failures = silent.attempts.filter { !$0.succeeded }
    #expect((22...30).contains(failures.count))
    #expect(silent.attempts.count == 100 + failures.count)
    #expect(failures.allSatisfy { $0.end - $0.time == .seconds(10) })
    #expect((10...12).contains(snapshot.total.retries))
    #expect(try await harness.letters.isEmpty)
  }

  @Test func anOpenCircuitBurnsNoAttempts() async throws {
    let clock = clock
    let node = FaultInjectingConnection(clock: clock) { (_, _) throws(ConnectionError) in
      if clock.now.offset < .seconds(1000) { throw ConnectionError(.sendFailed, "503", recoverable: true) }
    }
    var target = target(node)
    target.circuitBreaker = CircuitBreakerPolicy(failures: 1, openFor: .seconds(10))
    target.retry = RetryPolicy(maxRetries: 1, jitter: 0)
    let harness = Harness(clock: clock, sources: [ListSource(messages(5), clock: clock)], destinations: [target])
    let snapshot = try await harness.runToTheEnd()
    #expect((snapshot.total.delivered, snapshot.total.deadLettered) == (5, 0))
  }

  @Test func withoutABreakerEveryMessageHasItsOwnAttempts() async throws {
    let clock = clock
    let node = FaultInjectingConnection(clock: clock) { (_, _) throws(ConnectionError) in
      throw ConnectionError(.connectionFailed, "refused", recoverable: true)
    }
    let harness = Harness(clock: clock, sources: [source(50)], destinations: [.init(name: "a", node: node)])
    let snapshot = try await harness.runToTheEnd()
    #expect(snapshot.total.deadLettered == 50)
    #expect(node.attempts.count == 200)
    #expect(snapshot.circuits.isEmpty)
  }
}
