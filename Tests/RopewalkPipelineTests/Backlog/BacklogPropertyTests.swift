import RopewalkConnector
import RopewalkCore
import RopewalkJournal
import RopewalkPlugins
import RopewalkResources
import RopewalkTesting
import Synchronization
import Testing

@testable import RopewalkPipeline

/// Tiny bounds of memory, a journal, steps and destinations that fail at random, and restarts: whatever happens, nothing
/// is skipped, no run sends anything twice, and order is kept where it is asked for.
@Suite(.takesTurns) struct BacklogPropertyTests {
  static let customers = 5
  static let perCustomer = 150

  @Test(arguments: Ordering.allCases, [1, 2, 3, 10_291_171_487_368_499_048, UInt64.random(in: 0 ... .max)])
  func nothingIsSkippedOrSentTwice(ordering: Ordering, seed: UInt64) async throws {
    try await run(ordering, seed, MemoryJournal(isDurable: true))
  }

  /// Three of the five share one.
  @Test(arguments: Ordering.allCases, [1, 2, UInt64.random(in: 0 ... .max)])
  func norWhereCustomersShareALineOfTheLedger(ordering: Ordering, seed: UInt64) async throws {
    try await run(ordering, seed, MemoryJournal(limits: JournalLimits(maxLedgerLines: 2), isDurable: true))
  }

  private func run(_ ordering: Ordering, _ seed: UInt64, _ journal: MemoryJournal) async throws {
    let note = Comment("ordering \(ordering) seed \(seed)")
    var random = SeededGenerator(seed: seed)
    let settled = Collected<SettledMessage>()
    var runs = 0
    var isDone = false
    while !isDone {
      let clock = VirtualClock(autoAdvances: true)
      let chance = Chance(seed: seed &+ UInt64(runs))
      let harness = harness(ordering, chance, clock, journal, &random)
      let integration = harness.makeRun()
      // The last run goes to the end, the others are stopped on their way. One whose journal cannot be read does not begin.
      let stopAfter = runs < 19 ? Int.random(in: 1...250, using: &random) : Int.max
      let hasEnded = await withThrowingTaskGroup { group in
        group.addTask { try await integration.run() }
        group.addTask {
          while harness.settled.all.count < stopAfter { try await Task.sleep(for: .milliseconds(1)) }
        }
        defer { group.cancelAll() }
        return (try? await group.next()) != nil
      }
      settled.append(contentsOf: harness.settled.all)
      for target in harness.destinations { check(target, ordering, note) }
      let load = integration.backlog.load
      #expect(load.messages <= harness.limits.memory.messages + 8, note)
      runs += 1
      isDone = runs >= 20 && hasEnded
    }
    let pairs = settled.all.map { "\($0.message.id)>\($0.destination)" }
    #expect(pairs.count == Self.customers * Self.perCustomer * 3, note)
    #expect(Set(pairs).count == pairs.count, note)
    let ledger = try await journal.ledger()
    #expect(ledger.allSatisfy { $0.balances && $0.inFlight == 0 }, note)
    #expect(ledger.reduce(0) { $0 + $1.accepted } == pairs.count, note)
  }

  /// What one run's destination took: nothing twice, and each key in order.
  private func check(_ target: Harness.Target, _ ordering: Ordering, _ note: Comment) {
    guard let node = target.node as? FaultInjectingConnection else { return }
    let delivered = node.delivered
    #expect(Set(delivered.map(\.id)).count == delivered.count, note)
    guard ordering != .none else { return }
    let lanes = Dictionary(grouping: delivered) { "\($0.metadata.customerID)/\(ordering == .key ? $0.headers["key"] ?? "" : "")" }
    for lane in lanes.values {
      let numbers = lane.map { Int($0.headers["number"] ?? "") ?? -1 }
      #expect(numbers == numbers.sorted(), note)
    }
    if ordering == .strict { #expect(node.mostRunning <= 1, note) }
  }

  private func harness(
    _ ordering: Ordering,
    _ chance: Chance,
    _ clock: VirtualClock,
    _ journal: MemoryJournal,
    _ random: inout SeededGenerator
  ) -> Harness {
    let calls = Atomic(0)
    let fault: @Sendable (String, Double) throws -> Void = { word, share in
      if chance.isHit(share, word, String(calls.add(1, ordering: .relaxed).newValue)) { throw Chance.Fault() }
    }
    let memory = MemoryLimits(messagesPerCustomer: .random(in: 4...20, using: &random), messages: .random(in: 16...120, using: &random))
    var harness = Harness(
      clock: clock,
      limits: PipelineLimits(memory: memory),
      sources: (0..<Self.customers).map { ListSource(Self.messages(customer: $0), manners: .triesAgain) },
      steps: [("s", step(chance))],
      destinations: ["a", "b", "c"].map { destination($0, chance, clock) },
      journal: FaultInjectingJournal(
        journal,
        onAppend: { try fault("append", 0.02) },
        onSettle: { try fault("settle", 0.1) },
        onRead: { try fault("read", 0.1) }
      )
    )
    harness.ordering = ordering
    harness.orderingKey = .header("key")
    harness.runLimits.journalPage = .random(in: 1...9, using: &random)
    return harness
  }

  private static func messages(customer: Int) -> [Message] {
    (0..<perCustomer).map { number in
      var message = message("\(customer)-\(number)", customer: "c\(customer)")
      message.headers["key"] = "\(number % 3)"
      message.headers["number"] = "\(number)"
      return message
    }
  }

  private func step(_ chance: Chance) -> any LogicNode {
    FaultInjectingLogic { (message, attempt) throws(LogicError) in
      if chance.isHit(0.05, "drop", message.id) { return .drop }
      if chance.isHit(0.05, "full", message.id, "\(attempt)") { throw LogicError(ErrorCode("step.full", .overloaded), "full") }
      if chance.isHit(0.2, "wait", message.id) { await Task.yield() }
      return .pass
    }
  }

  private func destination(_ name: String, _ chance: Chance, _ clock: VirtualClock) -> Harness.Target {
    let node = FaultInjectingConnection(clock: clock) { (message, attempt) throws(ConnectionError) in
      if chance.isHit(0.02, name, "no", message.id) { throw ConnectionError(.rejected, "no") }
      // One of them is mostly out of order.
      if chance.isHit(name == "c" ? 0.6 : 0.1, name, "later", message.id, "\(attempt)") {
        throw ConnectionError(.sendFailed, "later", recoverable: true)
      }
      if chance.isHit(0.3, name, "slow", message.id) { await Task.yield() }
    }
    return Harness.Target(name: name, node: node, maxInFlight: 4, retry: RetryPolicy(maxRetries: 100))
  }
}

/// Answers that a seed repeats, whatever the order in which tasks ask.
struct Chance: Sendable {
  struct Fault: Error {}

  let seed: UInt64

  func isHit(_ share: Double, _ words: String...) -> Bool {
    let mixed = words.joined(separator: "\u{0}").utf8.reduce(seed) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
    var generator = SeededGenerator(seed: mixed)
    return Double.random(in: 0..<1, using: &generator) < share
  }
}
