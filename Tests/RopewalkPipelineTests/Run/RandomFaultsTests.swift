import RopewalkConnector
import RopewalkCore
import RopewalkJournal
import RopewalkPlugins
import RopewalkResources
import RopewalkTesting
import Synchronization
import Testing

@testable import RopewalkPipeline

/// 10,000 messages through steps, destinations, a journal and dead letters that fail at random: whatever happens, each
/// pair of message and destination has exactly one end, and it is the one that was seen.
@Suite(.takesTurns) struct RandomFaultsTests {
  @Test(arguments: [UInt64.random(in: 0 ... .max), 42])
  func everyPairHasExactlyOneEnd(seed: UInt64) async throws {
    let clock = VirtualClock(autoAdvances: true)
    let chance = Chance(seed: seed)
    let calls = Atomic(0)
    let fault: @Sendable (String, Double) throws -> Void = { word, share in
      if chance.isHit(share, word, String(calls.add(1, ordering: .relaxed).newValue)) { throw Chance.Fault() }
    }
    let journal = FaultInjectingJournal(
      MemoryJournal(),
      onAppend: { try fault("append", 0.02) },
      onSettle: { try fault("settle", 0.2) }
    )
    var harness = Harness(
      clock: clock,
      limits: PipelineLimits(queuePerCustomer: 100, queue: 700),
      steps: ["s1", "s2"].map { name in (name, step(name, chance)) },
      destinations: ["a", "b", "c"].map { name in destination(name, chance, clock) },
      journal: journal,
      seed: seed
    )
    harness.runLimits.maxActiveLanes = 5
    harness.sources = (0..<10).map { source in
      ListSource((0..<1000).map { message("\(source)-\($0)", customer: "c\(($0 + source) % 13)") }, manners: .triesAgain)
    }
    let run = harness.makeRun()
    try await run.run()
    let snapshot = run.snapshot()
    let note = Comment("seed \(seed)")
    try await harness.expectBalance(snapshot)

    #expect(snapshot.total.messages == 10_000, note)
    let settled = harness.settled.all
    #expect(settled.count == 30_000, note)
    #expect(Set(settled.map { "\($0.message.id)>\($0.destination)" }).count == 30_000, note)
    for target in harness.destinations {
      guard let node = target.node as? FaultInjectingConnection else { continue }
      let delivered = settled.filter { $0.outcome == .delivered && $0.destination == target.name }.map(\.message.id)
      // Exactly those that it took, and each once.
      #expect(node.delivered.map(\.id).sorted() == delivered.sorted(), note)
    }
    let letters = try await harness.letters
    let givenUp = settled.filter { $0.outcome == .deadLettered }
    #expect(Set(givenUp.compactMap { $0.deadLetter?.id }) == Set(letters.map(\.id)), note)
    // Every kind of end, and retries, did happen.
    let total = snapshot.total
    #expect(total.delivered > 1000 && total.filtered > 1000 && total.deadLettered > 100 && total.retries > 100, note)
  }

  private func step(_ name: String, _ chance: Chance) -> any LogicNode {
    FaultInjectingLogic { (message, attempt) throws(LogicError) in
      if chance.isHit(0.05, name, "drop", message.id) { return .drop }
      if chance.isHit(0.02, name, "trap", message.id) { throw LogicError(ErrorCode("step.trap", .fault), "trap") }
      if chance.isHit(0.02, name, "full", message.id, "\(attempt)") { throw LogicError(ErrorCode("step.full", .overloaded), "full") }
      if chance.isHit(0.1, name, "wait", message.id) { await Task.yield() }
      return chance.isHit(0.5, name, "change", message.id) ? .replace(payload: message.payload + [1]) : .pass
    }
  }

  private func destination(_ name: String, _ chance: Chance, _ clock: VirtualClock) -> Harness.Target {
    let node = FaultInjectingConnection(clock: clock) { (message, attempt) throws(ConnectionError) in
      if chance.isHit(0.01, name, "hang", message.id, "\(attempt)") {
        do { try await clock.sleep(for: .seconds(100)) } catch { throw ConnectionError(.cancelled, "cancelled") }
      }
      if chance.isHit(0.02, name, "no", message.id) { throw ConnectionError(.rejected, "no") }
      if chance.isHit(0.2, name, "later", message.id, "\(attempt)") {
        throw ConnectionError(.sendFailed, "later", recoverable: true, retryAfter: attempt == 1 ? .seconds(2) : nil)
      }
    }
    let own = name == "c" ? [("own", step("own", chance))] : []
    return Harness.Target(name: name, node: node, steps: own, maxInFlight: 8, timeout: .seconds(30), retry: RetryPolicy())
  }
}
