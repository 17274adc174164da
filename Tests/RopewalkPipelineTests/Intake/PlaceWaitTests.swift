import RopewalkConnector
import RopewalkCore
import RopewalkResources
import RopewalkTesting
import Testing

@testable import RopewalkPipeline

/// A sender whose customer has no place left waits a moment where places are given back, and is refused where they are not.
@Suite(.takesTurns) struct PlaceWaitTests {
  private let clock = VirtualClock(autoAdvances: true)

  /// Three places; the destination takes one message after the other.
  private func harness(_ source: any ConnectionNode, each duration: Duration) -> Harness {
    let clock = clock
    let node = FaultInjectingConnection(clock: clock) { (_, _) throws(ConnectionError) in
      try? await clock.sleep(until: clock.now.advanced(by: duration), tolerance: nil)
    }
    var harness = Harness(
      clock: clock,
      limits: PipelineLimits(queuePerCustomer: 3),
      destinations: [.init(name: "a", node: node, maxInFlight: 1)]
    )
    harness.sources = [source]
    return harness
  }

  /// Offers one message, gives it the time to be settled, and then offers all others at once.
  private func burst(_ count: Int, into seen: Collected<Acceptance>) -> FaultInjectingConnection {
    let clock = clock
    return FaultInjectingConnection(onReceive: { (inbox) throws(ConnectionError) in
      clock.beginWork()
      defer { clock.endWork() }
      seen.append(contentsOf: [await inbox.accept(message("first"))])
      try? await clock.sleep(until: clock.now.advanced(by: .milliseconds(500)), tolerance: nil)
      for message in messages(count) { seen.append(contentsOf: [await inbox.accept(message)]) }
    })
  }

  @Test func whoSendsMoreThanIsSettledIsSlowedDown() async throws {
    let seen = Collected<Acceptance>()
    let snapshot = try await harness(burst(20, into: seen), each: .milliseconds(10)).runToTheEnd()
    #expect(seen.all.allSatisfy { $0 == .accepted })
    #expect((snapshot.total.delivered, snapshot.total.refused) == (21, 0))
    // All but the last three had to be settled before the last one had a place.
    #expect(clock.now.offset >= .milliseconds(500 + 17 * 10))
  }

  @Test func nobodyWaitsLongerThanATenthOfASecond() async throws {
    let seen = Collected<Acceptance>()
    let snapshot = try await harness(burst(4, into: seen), each: .milliseconds(400)).runToTheEnd()
    #expect(seen.all.prefix(4).allSatisfy { $0 == .accepted })
    guard case .refused(let refusal) = seen.all.last else {
      Issue.record("\(seen.all)")
      return
    }
    #expect(refusal.message == "the queue of customer 'acme' is full (limits.queuePerCustomer)")
    #expect((snapshot.total.delivered, snapshot.total.refused) == (4, 1))
  }

  @Test func aStopSendsThoseAwayWhoWait() async throws {
    let seen = Collected<Acceptance>()
    let harness = harness(burst(4, into: seen), each: .milliseconds(90))
    let run = harness.makeRun()
    let clock = clock
    try await withThrowingTaskGroup { group in
      group.addTask { try await run.run() }
      // The fourth of the burst waits from 500 ms on; at 590 ms there would be a place.
      try await Stopwatch(clock).sleepAside(for: .milliseconds(550))
      run.backlog.close()
      try await group.waitForAll()
    }
    guard case .refused(let refusal) = seen.all.last else {
      Issue.record("\(seen.all)")
      return
    }
    #expect(refusal.reason == .unavailable)
    #expect(seen.all.count == 5)
  }
}
