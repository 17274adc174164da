import RopewalkConnector
import RopewalkCore
import RopewalkJournal
import RopewalkResources
import RopewalkTesting
import Testing

@testable import RopewalkPipeline

/// Messages that a destination never takes, under a circuit breaker: nothing behind them waits for good.
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
    var harness = Harness(clock: clock, ordering: ordering, journal: MemoryJournal(isDurable: true), endsWhenSourcesEnd: false)
    harness.sources = [ListSource(bad + good, staysOpen: true, clock: clock)]
    // Each message has a key of its own.
    if ordering == .key { harness.orderingKey = JSONPointer("/key").map(OrderingKey.pointer) }
    harness.destinations = [
      .init(
        name: "a",
        node: node,
        maxInFlight: 1,
        retry: RetryPolicy(maxRetries: 2, initialBackoff: .milliseconds(200), jitter: 0),
        circuitBreaker: CircuitBreakerPolicy(failures: 2, window: .seconds(60), openFor: .seconds(2))
      )
    ]
    let run = harness.makeRun()
    try await withThrowingTaskGroup { group in
      group.addTask { try await run.run() }
      while run.snapshot().total.delivered < good.count, clock.now.offset < .seconds(3600) { await Task.yield() }
      run.drain()
      try await group.waitForAll()
    }
    // Those that fail become dead letters, or wait: with them alone nobody can tell whose fault it is.
    let total = run.snapshot().total
    #expect(total.delivered == good.count && total.deadLettered + total.inFlight == bad.count)
  }
}
