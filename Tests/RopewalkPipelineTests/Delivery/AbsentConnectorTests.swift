import RopewalkConnector
import RopewalkCore
import RopewalkJournal
import RopewalkResources
import RopewalkTesting
import Synchronization
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

  /// What was on its way when the connector went away is sent again alone: one message is why, and the others get by.
  @Test(arguments: [Ordering.none, .key, .strict])
  func whatEndsTheConnectorHoldsUpNobody(_ ordering: Ordering) async throws {
    let (clock, interrupted, ends) = (clock, failure(.interrupted), Ends())
    let node = FaultInjectingConnection(clock: clock) { (message, _) throws(ConnectionError) in
      let before = ends.value
      do { try await clock.sleep(for: .milliseconds(message.id == "acme-3" ? 10 : 20)) } catch { throw interrupted }
      if message.id == "acme-3" { ends.count() }
      if ends.value != before { throw interrupted }
    }
    let harness = Harness(
      clock: clock,
      ordering: ordering,
      sources: [source(100)],
      destinations: [.init(name: "a", node: node, circuitBreaker: CircuitBreakerPolicy())]
    )
    let snapshot = try await harness.runToTheEnd()
    #expect((snapshot.total.delivered, snapshot.total.deadLettered) == (99, 1))
    let letter = try #require(try await harness.letters.first)
    // The first end is anybody's; then it is alone, for its first attempt and three retries.
    #expect(letter.messageID == "acme-3" && letter.attempts.count == 4 && ends.value == 5)
    #expect(snapshot.total.retries == 3)
    if ordering == .strict { #expect(node.delivered.map(\.id) == messages(100).map(\.id).filter { $0 != "acme-3" }) }
    // Each of the others was interrupted once at most.
    let most = Dictionary(grouping: node.attempts.filter { $0.message.id != "acme-3" }, by: \.message.id).values.map(\.count).max()
    #expect(most ?? 0 <= 2)
    #expect(node.attempts.map(\.end).max().map { $0 < .seconds(15) } == true)
  }

  /// One that takes long to start is still away when the first of those that it had in its hands is offered to it alone.
  @Test(arguments: [Ordering.none, .key, .strict])
  func whatEndsASlowlyStartingConnectorIsFoundOut(_ ordering: Ordering) async throws {
    let (clock, interrupted, away, ends) = (clock, failure(.interrupted, retryAfter: .zero), failure(.notMade, retryAfter: .zero), Ends())
    let back = Mutex(Duration.zero)
    let node = FaultInjectingConnection(clock: clock) { (message, _) throws(ConnectionError) in
      if clock.now.offset < back.withLock({ $0 }) { throw away }
      let before = ends.value
      do { try await clock.sleep(for: .milliseconds(message.id == "acme-3" ? 10 : 20)) } catch { throw interrupted }
      // Not for ever, so that a message which nobody finds out ends the test.
      if message.id == "acme-3", ends.value < 20 {
        ends.count()
        back.withLock { $0 = clock.now.offset + .seconds(3) }
      }
      if ends.value != before { throw interrupted }
    }
    let harness = Harness(clock: clock, ordering: ordering, sources: [source(100)], destinations: [.init(name: "a", node: node)])
    let snapshot = try await harness.runToTheEnd()
    #expect((snapshot.total.delivered, snapshot.total.deadLettered) == (99, 1))
    #expect(try await harness.letters.map(\.messageID) == ["acme-3"])
    #expect(ends.value == 5)
  }

  @Test func anEndOfTheConnectorByItselfCostsNoAttempts() async throws {
    let (clock, interrupted) = (clock, failure(.interrupted))
    let node = FaultInjectingConnection(clock: clock) { (_, _) throws(ConnectionError) in
      do { try await clock.sleep(for: .milliseconds(20)) } catch { throw interrupted }
      if clock.now.offset < .milliseconds(30) { throw interrupted }
    }
    let harness = Harness(
      clock: clock,
      sources: [source(100)],
      destinations: [.init(name: "a", node: node, retry: RetryPolicy(maxRetries: 0))]
    )
    let snapshot = try await harness.runToTheEnd()
    #expect((snapshot.total.delivered, snapshot.total.deadLettered, snapshot.total.retries) == (100, 0, 0))
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

/// How often a connector has ended.
private final class Ends: Sendable {
  private let number = Mutex(0)

  var value: Int { number.withLock { $0 } }

  func count() { number.withLock { $0 += 1 } }
}
