import RopewalkConnector
import RopewalkCore
import RopewalkJournal
import RopewalkTesting
import Testing

@testable import RopewalkPipeline

@Suite(.takesTurns) struct BackoffTests {
  private func waits(_ policy: RetryPolicy, seed: UInt64 = 1) -> [Duration] {
    var generator = SeededGenerator(seed: seed)
    let backoff = Backoff(policy: policy)
    return (1...20).compactMap { backoff.wait(afterFailure: $0, using: &generator) }
  }

  @Test func doublesUpToItsBound() {
    #expect(waits(RetryPolicy(jitter: 0)) == [.seconds(1), .seconds(2), .seconds(4)])
    let long = waits(RetryPolicy(maxRetries: 8, jitter: 0))
    #expect(long == [1, 2, 4, 8, 16, 30, 30, 30].map { Duration.seconds($0) })
  }

  @Test(arguments: [
    (RetryPolicy(maxRetries: 0), []), (RetryPolicy(maxRetries: -1), []),
    (RetryPolicy(maxRetries: 2, backoffMultiplier: 1, jitter: 0), [Duration.seconds(1), .seconds(1)]),
    (RetryPolicy(maxRetries: 2, backoffMultiplier: 0, jitter: 0), [.seconds(1), .seconds(1)]),
    (RetryPolicy(maxRetries: 2, backoffMultiplier: 1e300, jitter: 0), [.seconds(1), .seconds(30)]),
    (RetryPolicy(maxRetries: 1, initialBackoff: .seconds(60), jitter: 0), [.seconds(30)]),
  ])
  func keepsToThePolicy(policy: RetryPolicy, expected: [Duration]) {
    #expect(waits(policy) == expected)
  }

  @Test func jitterStaysInItsShareAndBelowTheBound() {
    for seed in 0..<200 as Range<UInt64> {
      for (wait, base) in zip(waits(RetryPolicy(jitter: 0.1), seed: seed), [1.0, 2, 4]) {
        #expect((base * 0.9...base * 1.1).contains(wait.seconds))
      }
      #expect(waits(RetryPolicy(maxRetries: 8, jitter: 0.5), seed: seed).allSatisfy { $0 <= .seconds(30) })
    }
    #expect(Set((0..<50).map { waits(RetryPolicy(jitter: 0.1), seed: $0)[0] }).count > 40)
  }

  @Test func aPeersWishIsNeverUndercut() {
    let backoff = Backoff(policy: RetryPolicy(jitter: 0.5), maxRetryAfter: .seconds(100))
    for seed in 0..<200 as Range<UInt64> {
      var generator = SeededGenerator(seed: seed)
      let wait = backoff.wait(afterFailure: 1, retryAfter: .seconds(20), using: &generator)
      #expect(wait.map { (20...30).contains($0.seconds) } == true)
    }
  }
}

@Suite(.takesTurns) struct DeliveryStateMachineTests {
  private let backoff = Backoff(policy: RetryPolicy(maxRetries: 1, jitter: 0))
  private let later = ConnectionError(.sendFailed, "not now", recoverable: true)
  private var generator = SeededGenerator(seed: 1)

  @Test mutating func isDeliveredAtOnce() {
    var machine = DeliveryStateMachine()
    machine.attemptStarted()
    guard case .settleDelivered = machine.attemptSucceeded() else { return #expect(Bool(false)) }
    #expect(machine.state == .delivered)
    #expect(machine.attempts == 1)
  }

  @Test mutating func isRetriedThenGivenUp() {
    var machine = DeliveryStateMachine()
    machine.attemptStarted()
    guard case .retry(.seconds(1)) = fail(&machine, later, second: 5) else { return #expect(Bool(false)) }
    #expect(machine.state == .waiting)
    machine.attemptStarted()
    guard case .deadLetter(let error) = fail(&machine, later, second: 9) else { return #expect(Bool(false)) }
    #expect(error.code == .sendFailed)
    #expect(machine.state == .deadLettered)
    #expect(machine.failures.map(\.time.nanoseconds) == [5_000_000_000, 9_000_000_000])
  }

  @Test mutating func isGivenUpAtOnceWhenItCannotSucceed() {
    var machine = DeliveryStateMachine()
    machine.attemptStarted()
    guard case .deadLetter = fail(&machine, ConnectionError(.rejected, "no"), second: 0) else { return #expect(Bool(false)) }
  }

  @Test mutating func eventsThatDoNotFitChangeNothing() {
    var machine = DeliveryStateMachine()
    guard case .none = machine.attemptSucceeded() else { return #expect(Bool(false)) }
    guard case .none = fail(&machine, later, second: 0) else { return #expect(Bool(false)) }
    machine.attemptStarted()
    _ = machine.attemptSucceeded()
    machine.attemptStarted()
    guard case .none = fail(&machine, later, second: 0) else { return #expect(Bool(false)) }
    guard case .none = machine.attemptSucceeded() else { return #expect(Bool(false)) }
    #expect(machine.state == .delivered)
    #expect(machine.failures.isEmpty)
  }

  private mutating func fail(_ machine: inout DeliveryStateMachine, _ error: ConnectionError, second: Int64) -> DeliveryStateMachine.Action
  {
    machine.attemptFailed(error, at: Timestamp(nanoseconds: second * 1_000_000_000), backoff: backoff, using: &generator)
  }
}

@Suite(.takesTurns) struct AttemptTableTests {
  @Test func namesOnceWhatIsOverdue() {
    var table = AttemptTable<String>(timeout: .seconds(30))
    #expect(table.nextDeadline == nil)
    let first = table.begin("first", at: .zero)
    let second = table.begin("second", at: .seconds(10))
    #expect(table.nextDeadline == .seconds(30))
    #expect(expired(&table, at: .seconds(29)).isEmpty)
    #expect(expired(&table, at: .seconds(30)) == ["first"])
    #expect(expired(&table, at: .seconds(31)).isEmpty)
    #expect(table.nextDeadline == .seconds(40))
    #expect(table.end(first) == true)
    #expect(table.end(second) == false)
    #expect(table.nextDeadline == nil)
    // The place is used again, without its past.
    let third = table.begin("third", at: .seconds(50))
    #expect(third == second)
    #expect(expired(&table, at: .seconds(60)).isEmpty)
    #expect(table.end(third) == false)
  }

  private func expired(_ table: inout AttemptTable<String>, at now: Duration) -> [String] {
    var names: [String] = []
    table.expire(at: now) { names.append($0) }
    return names
  }
}
