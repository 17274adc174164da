import RopewalkConnector
import RopewalkCore
import RopewalkJournal
import RopewalkPlugins
import RopewalkTesting
import Synchronization
import Testing

@testable import RopewalkPipeline

/// A journal that cannot be written: nothing is settled, the run says so, and it goes on when they can.
@Suite(.takesTurns) struct StorageFaultTests {
  struct DiskFull: Error {}

  @Test func settlesOnceTheJournalCanBeWritten() async throws {
    let clock = VirtualClock(autoAdvances: true)
    let failures = Atomic(0)
    let journal = FaultInjectingJournal(
      MemoryJournal(),
      onSettle: { if failures.add(1, ordering: .relaxed).newValue <= 5 { throw DiskFull() } }
    )
    let node = FaultInjectingConnection(clock: clock)
    var harness = Harness(clock: clock, sources: [ListSource(messages(10), clock: clock)], journal: journal)
    harness.destinations = [.init(name: "a", node: node)]
    let snapshot = try await harness.runToTheEnd()
    #expect(node.delivered.count == 10)
    #expect(snapshot.total.delivered == 10)
    #expect(snapshot.faults.isEmpty)
    // 0.1 + 0.2 + 0.4 + 0.8 + 1.6 s
    #expect(snapshot.elapsed >= .milliseconds(3100))
  }

  @Test func noDeadLetterIsLostOrWrittenTwice() async throws {
    let clock = VirtualClock(autoAdvances: true)
    let failures = Atomic(0)
    let journal = FaultInjectingJournal(
      MemoryJournal(),
      onSettle: { if failures.add(1, ordering: .relaxed).newValue <= 3 { throw DiskFull() } }
    )
    let fail = FaultInjectingLogic { (message, _) throws(LogicError) in
      guard message.id != "acme-0" else { return .pass }
      throw LogicError(ErrorCode("step.trap", .fault), "trap")
    }
    var harness = Harness(clock: clock, sources: [ListSource(messages(3), clock: clock)], steps: [("s", fail)], journal: journal)
    harness.destinations = ["a", "b"].map { .init(name: $0, node: FaultInjectingConnection(clock: clock)) }
    let snapshot = try await harness.runToTheEnd()
    let letters = try await harness.letters
    #expect(letters.map(\.messageID).sorted() == ["acme-1", "acme-2"])
    #expect(letters.allSatisfy { $0.destinations == ["a", "b"] })
    #expect(snapshot.total.deadLettered == 4)
    #expect(snapshot.faults.isEmpty)
  }

  /// Letters that find no room hold nobody else's end, and are written once there is some; also where it shows only when a
  /// journal can be written again.
  @Test(arguments: [false, true]) func onlyWhatWasGivenUpWaitsForRoom(afterAFailure failsFirst: Bool) async throws {
    let clock = VirtualClock(autoAdvances: true)
    let hasRoom = Atomic(false)
    let calls = Atomic(0)
    let journal = FaultInjectingJournal(
      MemoryJournal(),
      onLetters: {
        if calls.add(1, ordering: .relaxed).newValue == 1, failsFirst { throw DiskFull() }
        if !hasRoom.load(ordering: .relaxed) { throw RopewalkError(.deadLettersFull, "no room") }
      }
    )
    let fail = FaultInjectingLogic { (message, _) throws(LogicError) in
      guard message.id == "acme-0" else { return .pass }
      throw LogicError(ErrorCode("step.trap", .fault), "trap")
    }
    var harness = Harness(clock: clock, sources: [ListSource(messages(50), clock: clock)], steps: [("s", fail)], journal: journal)
    harness.destinations = [.init(name: "a", node: FaultInjectingConnection(clock: clock))]
    let run = harness.makeRun()
    try await withThrowingTaskGroup { group in
      group.addTask { try await run.run() }
      let isSaid = { run.snapshot().faults.contains { $0.contains("no room for dead letters") } }
      try await eventually { run.snapshot().total.delivered == 49 && isSaid() || clock.now.offset >= .seconds(3600) }
      #expect(isSaid())
      #expect(try await journal.ledger().map(\.delivered) == [49])
      hasRoom.store(true, ordering: .relaxed)
      try await group.waitForAll()
    }
    try await harness.expectBalance(run.snapshot())
    #expect(try await harness.letters.map(\.messageID) == ["acme-0"] && run.snapshot().faults.isEmpty)
  }

  /// Room for a few letters is used, however many wait for it.
  @Test func lettersAreWrittenAsThereIsRoom() async throws {
    let clock = VirtualClock(autoAdvances: true)
    let journal = FaultInjectingJournal(MemoryJournal(), hasRoom: { $0.count <= 2 || clock.now.offset >= .seconds(3600) })
    let fail = FaultInjectingLogic { (_, _) throws(LogicError) in throw LogicError(ErrorCode("step.trap", .fault), "trap") }
    var harness = Harness(clock: clock, sources: [ListSource(messages(50), clock: clock)], steps: [("s", fail)], journal: journal)
    harness.destinations = ["a", "b"].map { .init(name: $0, node: FaultInjectingConnection(clock: clock)) }
    let snapshot = try await harness.runToTheEnd()
    #expect(snapshot.total.deadLettered == 100)
    #expect(try await harness.letters.count == 50)
    #expect(snapshot.elapsed < .seconds(3600))
  }

  /// For the first there is no room for an hour.
  @Test func aLetterThatIsTooLargeHoldsUpNoOther() async throws {
    let clock = VirtualClock(autoAdvances: true)
    let first = messages(50)[0].id
    let late = Mutex<Set<String>>([])
    let journal = FaultInjectingJournal(
      MemoryJournal(),
      hasRoom: { letters in
        let isLate = clock.now.offset >= .seconds(3600)
        guard isLate || !letters.contains(where: { $0.messageID == first }) else { return false }
        if isLate { late.withLock { $0.formUnion(letters.map(\.messageID)) } }
        return true
      }
    )
    let fail = FaultInjectingLogic { (_, _) throws(LogicError) in throw LogicError(ErrorCode("step.trap", .fault), "trap") }
    var harness = Harness(clock: clock, sources: [ListSource(messages(50), clock: clock)], steps: [("s", fail)], journal: journal)
    harness.destinations = [.init(name: "a", node: FaultInjectingConnection(clock: clock))]
    _ = try await harness.runToTheEnd()
    #expect(try await harness.letters.count == 50)
    #expect(late.withLock { $0 } == [first])
  }

  @Test func aDrainThatCannotSettleEnds() async throws {
    let clock = VirtualClock(autoAdvances: true)
    let journal = FaultInjectingJournal(MemoryJournal(), onSettle: { throw DiskFull() })
    let running = Mutex<IntegrationRun?>(nil)
    var harness = Harness(clock: clock, journal: journal)
    harness.sources = [
      FaultInjectingConnection(onReceive: { (inbox) throws(ConnectionError) in
        clock.beginWork()
        _ = await inbox.accept(message("m1"))
        running.withLock { $0?.drain() }
        clock.endWork()
      })
    ]
    harness.destinations = [.init(name: "a", node: FaultInjectingConnection())]
    let run = harness.makeRun()
    running.withLock { $0 = run }
    let error = await #expect(throws: RopewalkError.self) { try await run.run() }
    running.withLock { $0 = nil }
    #expect(error?.code == .drainTimeout)
    try await harness.expectBalance(run.snapshot(), inFlight: 1)
  }
}
