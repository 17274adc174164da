import RopewalkConnector
import RopewalkCore
import RopewalkJournal
import RopewalkResources
import RopewalkTesting
import Testing

@testable import RopewalkPipeline

/// A connector that is away, or goes away with messages in its hands: they wait, and use up no attempts.
@Suite(.takesTurns) struct AbsentConnectorTests {
  private let clock = VirtualClock(autoAdvances: true)

  private func source(_ count: Int) -> FaultInjectingConnection {
    let clock = clock
    return FaultInjectingConnection(
      clock: clock,
      onReceive: { (inbox) throws(ConnectionError) in
        clock.beginWork()
        for message in messages(count) { _ = await inbox.accept(message) }
        clock.endWork()
      }
    )
  }

  private func failure(_ attempt: ConnectionError.Attempt, retryAfter: Duration? = nil) -> ConnectionError {
    var error = ConnectionError(.connectionFailed, "the connector is away", recoverable: true, retryAfter: retryAfter)
    error.attempt = attempt
    return error
  }

  @Test(arguments: [Ordering.none, .strict, .key])
  func messagesWaitForAnHourWithoutARetry(_ ordering: Ordering) async throws {
    let (clock, away) = (clock, failure(.notMade, retryAfter: .seconds(60)))
    let node = FaultInjectingConnection(clock: clock) { (_, _) throws(ConnectionError) in
      if clock.now.offset < .seconds(3600) { throw away }
    }
    let harness = Harness(
      clock: clock,
      ordering: ordering,
      sources: [source(500)],
      destinations: [.init(name: "a", node: node, retry: RetryPolicy(maxRetries: 0), circuitBreaker: CircuitBreakerPolicy())]
    )
    let snapshot = try await harness.runToTheEnd()
    #expect((snapshot.total.delivered, snapshot.total.deadLettered, snapshot.total.retries) == (500, 0, 0))
    #expect(snapshot.circuits == ["a": .closed])
    #expect(snapshot.faults.isEmpty)
    // One wait for all of them: each minute only as many are tried as there are slots.
    #expect(node.attempts.filter { !$0.succeeded }.count <= 61 * 64)
    if ordering != .none { #expect(node.delivered.map(\.id) == messages(500).map(\.id)) }
  }

  @Test func anInterruptedMessageIsForgivenOnlySoOften() async throws {
    let interrupted = failure(.interrupted)
    let node = FaultInjectingConnection(clock: clock) { (message, _) throws(ConnectionError) in
      if message.id == "acme-3" { throw interrupted }
    }
    var harness = Harness(clock: clock, sources: [source(10)], destinations: [.init(name: "a", node: node)])
    harness.runLimits.maxInterruptions = 4
    let snapshot = try await harness.runToTheEnd()
    #expect((snapshot.total.delivered, snapshot.total.deadLettered) == (9, 1))
    // Four that are forgiven, then the first attempt and three retries.
    #expect(node.attempts.filter { $0.message.id == "acme-3" }.count == 8)
    #expect(try await harness.letters.first?.attempts.count == 4)
  }

  @Test func aProbeThatWasNotMadeLetsAnotherBeOne() async throws {
    let clock = clock
    let (broken, away) = (ConnectionError(.connectionFailed, "refused", recoverable: true), failure(.notMade, retryAfter: .seconds(5)))
    let node = FaultInjectingConnection(clock: clock) { (_, _) throws(ConnectionError) in
      if clock.now.offset < .seconds(20) { throw broken }
      if clock.now.offset < .seconds(200) { throw away }
    }
    let harness = Harness(
      clock: clock,
      sources: [source(20)],
      destinations: [.init(name: "a", node: node, circuitBreaker: CircuitBreakerPolicy(failures: 3, openFor: .seconds(30)))]
    )
    let snapshot = try await harness.runToTheEnd()
    #expect((snapshot.total.delivered, snapshot.total.deadLettered) == (20, 0))
    #expect(snapshot.circuits == ["a": .closed])
  }
}
