import RopewalkConnector
import RopewalkCore
import RopewalkResources
import RopewalkTesting
import Testing

@testable import RopewalkPipeline

/// Messages that a destination never takes, under a circuit breaker: they end among the dead letters, and nothing behind them waits for good.
@Suite(.takesTurns) struct LastingFailureTests {
  @Test(arguments: [Ordering.none, .key], [["acme"], ["acme", "globex"]])
  func fewThatAlwaysFailHoldNoOther(_ ordering: Ordering, _ customers: [String]) async throws {
    let clock = VirtualClock(autoAdvances: true)
    let node = FaultInjectingConnection(clock: clock) { (message, _) throws(ConnectionError) in
      guard message.id.hasPrefix("bad") else { return }
      throw ConnectionError(.sendFailed, "500", recoverable: true)
    }
    func some(_ kind: String, _ count: Int) -> [Message] {
      (0..<count).flatMap { number in
        customers.map { message("\(kind)-\($0)-\(number)", customer: $0, payload: #"{"key":"\#(kind)-\#(number)"}"#) }
      }
    }
    let (bad, good) = (some("bad", 4), some("good", 5))
    var harness = Harness(clock: clock, ordering: ordering, sources: [ListSource(bad + good, clock: clock)])
    // Each message has a key of its own.
    if ordering == .key { harness.orderingKey = JSONPointer("/key").map(OrderingKey.pointer) }
    harness.destinations = [
      .init(
        name: "a",
        node: node,
        retry: RetryPolicy(maxRetries: 2, initialBackoff: .milliseconds(200), jitter: 0),
        circuitBreaker: CircuitBreakerPolicy(failures: 10, window: .seconds(60), openFor: .seconds(2))
      )
    ]
    let snapshot = try await harness.runToTheEnd()
    #expect(snapshot.total.delivered == good.count && snapshot.total.deadLettered == bad.count)
    #expect(snapshot.elapsed < .seconds(120), "\(snapshot.elapsed)")
  }
}
