import RopewalkConnector
import RopewalkCore
import RopewalkJournal
import RopewalkResources
import RopewalkTesting
import Synchronization
import Testing

@testable import RopewalkPipeline

/// A drain of a run that has accepted ten messages which its destination does not take just now.
@Suite(.takesTurns(within: .seconds(600))) struct DrainTests {
  private let clock = VirtualClock(autoAdvances: true)

  private func drained(
    durable: Bool,
    circuitBreaker: CircuitBreakerPolicy? = nil,
    memory: MemoryLimits = MemoryLimits(),
    upFrom: Duration = .seconds(1_000_000)
  ) async throws -> (Harness, IntegrationRun, (any Error)?) {
    let clock = clock
    let running = Mutex<IntegrationRun?>(nil)
    let node = FaultInjectingConnection(clock: clock) { (_, _) throws(ConnectionError) in
      if clock.now.offset < upFrom { throw ConnectionError(.connectionFailed, "refused", recoverable: true) }
    }
    var harness = Harness(
      clock: clock,
      limits: PipelineLimits(drainTimeout: .seconds(60), memory: memory),
      sources: [
        FaultInjectingConnection(onReceive: { (inbox) throws(ConnectionError) in
          clock.beginWork()
          for message in messages(10) { _ = await inbox.accept(message) }
          running.withLock { $0?.drain() }
          clock.endWork()
          await untilCancelled()
        })
      ],
      destinations: [
        .init(
          name: "a",
          node: node,
          retry: RetryPolicy(maxRetries: 100, initialBackoff: .seconds(10), maxBackoff: .seconds(10), jitter: 0),
          circuitBreaker: circuitBreaker
        )
      ],
      journal: MemoryJournal(isDurable: durable)
    )
    harness.endsWhenSourcesEnd = false
    let run = harness.makeRun()
    running.withLock { $0 = run }
    defer { running.withLock { $0 = nil } }
    do {
      try await run.run()
      return (harness, run, nil)
    } catch {
      return (harness, run, error)
    }
  }

  @Test func whatIsLeftWaitsInADurableJournal() async throws {
    let (harness, run, error) = try await drained(durable: true)
    #expect(error == nil)
    try await harness.expectBalance(run.snapshot(), inFlight: 10)
    #expect(clock.now.offset >= .seconds(50) && clock.now.offset <= .seconds(60))
  }

  @Test func whatIsLeftInMemoryAloneIsSaidToBeLost() async throws {
    let (_, _, error) = try await drained(durable: false)
    let lost = try #require(error as? RopewalkError)
    #expect(lost.code == .drainTimeout)
    #expect(lost.message.contains("10 deliveries in flight") && lost.message.contains("they are lost"))
  }

  @Test func settlesWhatItCanInTheGracePeriod() async throws {
    let (harness, run, error) = try await drained(durable: true, upFrom: .seconds(20))
    #expect(error == nil)
    try await harness.expectBalance(run.snapshot())
  }

  /// The circuit opens at once and half-opens only after the grace period of a minute, on the real clock.
  @Test(arguments: [true, false])
  func anOpenCircuitHoldsNoDrain(durable: Bool) async throws {
    let barrier = Barrier()
    let node = FaultInjectingConnection { (_, _) throws(ConnectionError) in
      await barrier.pass()
      throw ConnectionError(.connectionFailed, "refused", recoverable: true)
    }
    var harness = Harness(limits: PipelineLimits(drainTimeout: .seconds(3600)), journal: MemoryJournal(isDurable: durable))
    harness.sources = [ListSource(messages(10), staysOpen: true)]
    harness.endsWhenSourcesEnd = false
    let policy = CircuitBreakerPolicy(failures: 1, openFor: .seconds(7200))
    // A busy machine alone may take longer than an attempt usually may.
    let retry = RetryPolicy(initialBackoff: .milliseconds(10))
    harness.destinations = [.init(name: "a", node: node, timeout: .seconds(3600), retry: retry, circuitBreaker: policy)]
    let run = harness.makeRun()
    await withThrowingTaskGroup { group in
      group.addTask { try await run.run() }
      await barrier.arrived(10)
      run.drain()
      barrier.open()
      do {
        try await group.waitForAll()
        #expect(durable)
      } catch {
        #expect(!durable && (error as? RopewalkError)?.code == .drainTimeout)
      }
    }
    try await harness.expectBalance(run.snapshot(), inFlight: 10)
  }

  @Test func aCircuitThatHalfOpensInTimeIsWaitedFor() async throws {
    let policy = CircuitBreakerPolicy(failures: 1, openFor: .seconds(25))
    let (harness, run, error) = try await drained(durable: true, circuitBreaker: policy, upFrom: .seconds(20))
    #expect(error == nil)
    try await harness.expectBalance(run.snapshot())
  }

  @Test func whatWaitsInADurableJournalAloneStaysThere() async throws {
    let memory = MemoryLimits(messagesPerCustomer: 4)
    let (harness, run, error) = try await drained(durable: true, memory: memory, upFrom: .seconds(15))
    #expect(error == nil)
    try await harness.expectBalance(run.snapshot(), inFlight: 6)
  }

  @Test func withMemoryAloneEverythingIsSettled() async throws {
    let memory = MemoryLimits(messagesPerCustomer: 4)
    let (harness, run, error) = try await drained(durable: false, memory: memory, upFrom: .seconds(15))
    #expect(error == nil)
    try await harness.expectBalance(run.snapshot())
  }

  /// Returns only when nobody keeps the clock still.
  private func expectTheClockToGoOn() async throws {
    let end = clock.now.offset + .seconds(1)
    try await Stopwatch(clock).sleepAside(for: .seconds(1))
    #expect(clock.now.offset == end)
  }

  @Test(arguments: [true, false])
  func aDrainWhileConnectingLetsTheClockGoOn(connects: Bool) async throws {
    let clock = clock
    let running = Mutex<IntegrationRun?>(nil)
    let node = FaultInjectingConnection(onConnect: { (_) throws(ConnectionError) in
      running.withLock { $0?.drain() }
      try? await clock.sleep(for: .seconds(5))
      if !connects { throw ConnectionError(.connectionFailed, "refused") }
    })
    let harness = Harness(clock: clock, sources: [ListSource([], staysOpen: true)], destinations: [.init(name: "a", node: node)])
    let run = harness.makeRun()
    running.withLock { $0 = run }
    defer { running.withLock { $0 = nil } }
    do {
      try await run.run()
      #expect(connects)
    } catch {
      #expect(!connects && (error as? RopewalkError)?.code == .connectFailed)
    }
    try await expectTheClockToGoOn()
  }

  @Test func aDrainAfterTheEndLetsTheClockGoOn() async throws {
    let harness = Harness(clock: clock, sources: [ListSource([])], destinations: [.init(name: "a", node: FaultInjectingConnection())])
    let run = harness.makeRun()
    try await run.run()
    run.drain()
    try await expectTheClockToGoOn()
  }
}
