import RopewalkConnector
import RopewalkCore
import RopewalkJournal
import RopewalkPlugins
import RopewalkResources
import RopewalkTesting
import Testing

@testable import RopewalkPipeline

@Suite(.takesTurns) struct ReplayTests {
  /// A letter that is replayed as an entry that begins at a stage.
  private func replay(_ id: String, stage: String?, destinations: [String], into journal: MemoryJournal, versions: [String: String] = [:])
    async throws
  {
    var message = message(id)
    message.metadata = MessageMetadata(customerID: "acme", integrationID: "orders")
    let now = message.timestamp
    let letter = DeadLetter(
      messageID: id,
      integration: "orders",
      customer: "acme",
      destinations: destinations,
      stage: stage ?? "",
      payload: [],
      originalPayload: [],
      receivedAt: now,
      failedAt: now
    )
    try await journal.settle([], deadLetters: [letter])
    let replay = Replay(letterID: letter.id, stage: stage, versions: versions)
    let entry = JournalEntry(message: message, destinations: destinations, replay: replay)
    let results = try await journal.append([entry])
    guard case .accepted = results.first else { return #expect(Bool(false), "the replay was not taken") }
  }

  private struct Parts {
    let journal = MemoryJournal()
    let steps = ["first", "second"].map { (name: $0, node: FaultInjectingLogic()) }
    let own = FaultInjectingLogic()
    let node = FaultInjectingConnection()
    let other = FaultInjectingConnection()

    var harness: Harness {
      Harness(
        sources: [ListSource([])],
        steps: steps.map { ($0.name, $0.node) },
        destinations: [.init(name: "a", node: node, steps: [("own", own)]), .init(name: "b", node: other)],
        journal: journal
      )
    }

    /// How many messages each of first, second, own and the destination `a` saw.
    var seen: [Int] { steps.map(\.node.seen.count) + [own.seen.count, node.attempts.count] }
  }

  @Test(
    arguments: [
      (nil, [1, 1, 1, 1]), ("first", [1, 1, 1, 1]), ("second", [0, 1, 1, 1]), ("own", [0, 0, 1, 1]), ("delivery", [0, 0, 0, 1]),
    ] as [(String?, [Int])]
  )
  func beginsAtItsStage(stage: String?, seen: [Int]) async throws {
    let parts = Parts()
    try await replay("m1", stage: stage, destinations: ["a"], into: parts.journal)
    let snapshot = try await parts.harness.runToTheEnd()
    #expect(parts.seen == seen)
    #expect(parts.other.attempts.isEmpty)
    #expect(snapshot.total.delivered == 1)
  }

  @Test(arguments: [("third", ["a"]), ("own", ["b"]), ("own", ["a", "b"])])
  func anUnknownStageIsADeadLetterAgain(stage: String, destinations: [String]) async throws {
    let parts = Parts()
    try await replay("m1", stage: stage, destinations: destinations, into: parts.journal)
    let harness = parts.harness
    let snapshot = try await harness.runToTheEnd()
    #expect(snapshot.total.deadLettered == destinations.count)
    #expect(parts.seen == [0, 0, 0, 0])
    let open = try await parts.journal.deadLetters(matching: DeadLetterQuery(state: .open), after: nil, limit: 10)
    #expect(open.map(\.destinations) == destinations.map { [$0] })
    #expect(open.allSatisfy { $0.code == "replay.stage.unknown" && $0.stage == stage && $0.replayOf != nil })
    #expect(open.first?.message.contains("the integration has no stage '\(stage)'") == true)
  }

  @Test(arguments: [
    (nil, "third", true), ("second", "first", true), ("delivery", "first", true), ("own", "own", false), (nil, "second", false),
  ])
  func aVersionThatWouldNotRunIsADeadLetterAgain(stage: String?, step: String, isLost: Bool) async throws {
    let parts = Parts()
    try await replay("m1", stage: stage, destinations: ["a"], into: parts.journal, versions: [step: "sha256:1"])
    let harness = parts.harness
    let snapshot = try await harness.runToTheEnd()
    #expect(snapshot.total.deadLettered == 1)
    let open = try await parts.journal.deadLetters(matching: DeadLetterQuery(state: .open), after: nil, limit: 10)
    // The steps of this test have no other versions.
    #expect(open.map(\.code) == [isLost ? "replay.step.not-passed" : "step.version.gone"], "\(open)")
    #expect(open.first?.message.contains("'\(step)'") == true)
  }

  @Test func replaysOfADestinationThatIsGoneAreDeadLettersAgain() async throws {
    let parts = Parts()
    try await replay("m1", stage: nil, destinations: ["gone"], into: parts.journal)
    let snapshot = try await parts.harness.runToTheEnd()
    #expect(snapshot.total.deadLettered == 1)
  }

  @Test func onesThatComeLaterAreFound() async throws {
    let clock = VirtualClock()
    let parts = Parts()
    var harness = parts.harness
    harness.clock = clock
    harness.sources = [ListSource([], staysOpen: true)]
    harness.runLimits = RunLimits()
    let run = harness.makeRun()
    try await withThrowingTaskGroup { group in
      group.addTask { try await run.run() }
      await clock.waitForSleepers()
      for number in 0..<3 { try await replay("m\(number)", stage: "delivery", destinations: ["a"], into: parts.journal) }
      clock.advance(by: .seconds(1))
      try await eventually { run.snapshot().total.delivered >= 3 }
      group.cancelAll()
      await #expect(throws: CancellationError.self) { try await group.waitForAll() }
    }
    #expect(parts.node.delivered.map(\.id).sorted() == ["m0", "m1", "m2"])
    #expect(try await parts.journal.ledger().allSatisfy { $0.balances && $0.inFlight == 0 })
  }

  @Test func moreThanFitInMemoryAllCome() async throws {
    let parts = Parts()
    for number in 0..<100 { try await replay("m\(number)", stage: "delivery", destinations: ["a"], into: parts.journal) }
    var harness = parts.harness
    harness.runLimits.maxReplaysInMemory = 3
    try await harness.runToTheEnd()
    #expect(parts.node.delivered.count == 100 && Set(parts.node.delivered.map(\.id)).count == 100)
  }
}
