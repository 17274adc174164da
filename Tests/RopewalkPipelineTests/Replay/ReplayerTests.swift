import RopewalkCore
import RopewalkJournal
import RopewalkTesting
import Synchronization
import Testing

@testable import RopewalkPipeline

/// Remembers how large the payloads were that it was asked for at once.
private final class MeasuredJournal: Journal {
  private let journal: MemoryJournal
  let largest = Atomic(0)

  init(journal: MemoryJournal) {
    self.journal = journal
  }

  func append(_ entries: [JournalEntry]) async throws -> [AppendResult] { try await journal.append(entries) }
  func settle(_ settlements: [Settlement], deadLetters: [DeadLetter]) async throws {
    try await journal.settle(settlements, deadLetters: deadLetters)
  }
  func unsettled(in lane: JournalLane, after position: JournalPosition?, limit: Int, maxSize: ByteCount) async throws -> UnsettledPage {
    try await journal.unsettled(in: lane, after: position, limit: limit, maxSize: maxSize)
  }
  func ledger() async throws -> [LedgerEntry] { try await journal.ledger() }
  func discard(deadLetters ids: [String], reason: String) async throws -> Int {
    try await journal.discard(deadLetters: ids, reason: reason)
  }

  func deadLetters(matching query: DeadLetterQuery, after id: String?, limit: Int) async throws -> [DeadLetter] {
    let letters = try await journal.deadLetters(matching: query, after: id, limit: limit)
    largest.max(letters.reduce(0) { $0 + $1.payloadSize }, ordering: .relaxed)
    return letters
  }

  func deadLetters(matching query: DeadLetterQuery, after id: String?, limit: Int, maxSize: ByteCount) async throws -> DeadLetterPage {
    let page = try await journal.deadLetters(matching: query, after: id, limit: limit, maxSize: maxSize)
    largest.max(page.size, ordering: .relaxed)
    return page
  }
}

@Suite struct ReplayerTests {
  private func letter(_ id: String, received: Int, stage: String = "convert") -> DeadLetter {
    var letter = DeadLetter(
      id: id,
      messageID: "message of \(id)",
      integration: "orders",
      customer: "acme",
      destinations: ["a"],
      stage: stage,
      payload: Array("converted".utf8),
      originalPayload: Array("original".utf8),
      receivedAt: Timestamp(nanoseconds: Int64(received)),
      failedAt: Timestamp(nanoseconds: 1000)
    )
    letter.tenant = "tenant"
    letter.source = "in"
    letter.contentType = "text/plain"
    letter.originalContentType = "text/csv"
    letter.headers = MessageHeaders([.init(name: "X-A", value: "2")])
    letter.originalHeaders = MessageHeaders([.init(name: "X-A", value: "1"), .init(name: "Authorization", value: "Bearer x")])
    letter.correlationID = "correlation"
    letter.traceID = "trace"
    return letter
  }

  private func journal(_ letters: [DeadLetter], limits: JournalLimits = JournalLimits()) async throws -> MemoryJournal {
    let journal = MemoryJournal(limits: limits)
    try await journal.settle([], deadLetters: letters)
    return journal
  }

  private func replays(in journal: any Journal) async throws -> [UnsettledEntry] {
    try await journal.unsettled(in: .replays(integration: "orders"), after: nil, limit: 10_000)
  }

  private func replay(_ request: ReplayRequest, in journal: any Journal) async throws -> Replayer.Progress {
    let selection = try await LetterSelection(request.query, in: journal)
    return try await Replayer(journal, clock: VirtualClock(autoAdvances: true)).replay(selection, as: request)
  }

  @Test func goesInTheOrderOfAcceptance() async throws {
    let letters = (0..<600).map { letter("L\(1000 + $0)", received: ($0 * 389) % 600) }
    let journal = try await journal(letters)
    let progress = try await replay(ReplayRequest(DeadLetterQuery(), rate: nil), in: journal)
    #expect(progress.replayed == 600 && progress.done == 600)
    let order = try await replays(in: journal).map(\.message.timestamp.nanoseconds)
    #expect(order == Array(0..<600))
    #expect(try await journal.deadLetters(matching: DeadLetterQuery(), after: nil, limit: 1).isEmpty)
  }

  /// However many there are and however large, only some are in memory at once.
  @Test(arguments: [ReplayRequest.Start.failedStage, .firstStep])
  func readsOnlySomeAtATime(start: ReplayRequest.Start) async throws {
    let payload = [UInt8](repeating: 7, count: 5 << 20)
    let letters = (0..<20).map { number in
      var letter = letter("L\(100 + number)", received: (number * 7) % 20)
      if number % 5 != 0 { (letter.payload, letter.originalPayload) = (payload, payload) }
      return letter
    }
    let journal = MeasuredJournal(journal: try await journal(letters))
    let progress = try await replay(ReplayRequest(DeadLetterQuery(), start: start, rate: nil), in: journal)
    #expect(progress.replayed == 20 && progress.skipped == 0)
    #expect(try await replays(in: journal).map(\.message.timestamp.nanoseconds) == Array(0..<20))
    #expect(journal.largest.load(ordering: .relaxed) < ReplayLimits.pageSize.bytes + 10 << 20)
  }

  @Test func resumesAsTheMessageWasWhenItFailed() async throws {
    let journal = try await journal([letter("L1", received: 7)])
    let versions = ["convert": "sha256:00ff"]
    _ = try await replay(ReplayRequest(DeadLetterQuery(ids: ["L1"]), versions: versions), in: journal)
    let entry = try #require(try await replays(in: journal).first)
    #expect(entry.replay == Replay(letterID: "L1", stage: "convert", versions: versions))
    #expect(entry.destinations == ["a"])
    #expect(entry.message.id == "message of L1")
    #expect(entry.message.payload == Array("converted".utf8) && entry.message.contentType == "text/plain")
    #expect(entry.message.headers.fields.map(\.value) == ["2"])
    let metadata = MessageMetadata(
      customerID: "acme",
      tenantID: "tenant",
      integrationID: "orders",
      source: "in",
      correlationID: "correlation",
      traceID: "trace"
    )
    #expect(entry.message.metadata == metadata)
  }

  @Test func beginsAsTheMessageCame() async throws {
    let journal = try await journal([letter("L1", received: 7)])
    _ = try await replay(ReplayRequest(DeadLetterQuery(), start: .firstStep), in: journal)
    let entry = try #require(try await replays(in: journal).first)
    #expect(entry.replay == Replay(letterID: "L1"))
    #expect(entry.message.payload == Array("original".utf8) && entry.message.contentType == "text/csv")
    #expect(entry.message.headers["Authorization"] == "Bearer x")
  }

  @Test func whatFailedBeforeTheFirstStepBeginsThere() async throws {
    let journal = try await journal([letter("L1", received: 7, stage: DeadLetter.startStage)])
    _ = try await replay(ReplayRequest(DeadLetterQuery()), in: journal)
    #expect(try await replays(in: journal).first?.replay == Replay(letterID: "L1", stage: nil))
  }

  @Test func takesAnotherPayload() async throws {
    let journal = try await journal([letter("L1", received: 7)])
    _ = try await replay(ReplayRequest(DeadLetterQuery(), payload: Array("edited".utf8)), in: journal)
    #expect(try await replays(in: journal).first?.message.payload == Array("edited".utf8))
  }

  /// A replay that went on in the middle and failed again has the message as it came only in the first letter.
  @Test func findsTheFirstLetterOfAReplayThatFailedAgain() async throws {
    var again = letter("L2", received: 7)
    again.replayOf = "L1"
    again.firstStage = "convert"
    again.originalPayload = Array("in the middle".utf8)
    var further = again
    further.id = "L3"
    further.replayOf = "L2"
    let journal = try await journal([letter("L1", received: 7), again, further])
    _ = try await journal.discard(deadLetters: ["L1", "L2"], reason: "closed")
    _ = try await replay(ReplayRequest(DeadLetterQuery(), start: .firstStep), in: journal)
    let entry = try #require(try await replays(in: journal).first)
    #expect(entry.replay?.letterID == "L3" && entry.message.payload == Array("original".utf8))
  }

  @Test func aReplayFromTheStartIsAMessageAsItCame() async throws {
    var again = letter("L2", received: 7)
    again.replayOf = "L1"
    again.originalPayload = Array("edited".utf8)
    let journal = try await journal([letter("L1", received: 7), again])
    _ = try await replay(ReplayRequest(DeadLetterQuery(ids: ["L2"]), start: .firstStep), in: journal)
    #expect(try await replays(in: journal).first?.message.payload == Array("edited".utf8))
  }

  @Test func leavesOpenWhatHasLostItsOriginal() async throws {
    var again = letter("L2", received: 7)
    again.replayOf = "gone"
    again.firstStage = "convert"
    let journal = try await journal([again, letter("L3", received: 8)])
    let progress = try await replay(ReplayRequest(DeadLetterQuery(), start: .firstStep), in: journal)
    #expect(progress.withoutOriginal == ["L2"] && progress.replayed == 1 && progress.done == 2)
    #expect(try await journal.deadLetters(matching: DeadLetterQuery(), after: nil, limit: 9).map(\.id) == ["L2"])
  }

  /// A payload alone is no message: nobody knows any more whom it was for.
  @Test func leavesOpenWhatNothingIsLeftOf() async throws {
    var damaged = letter("L1", received: 7)
    (damaged.destinations, damaged.damage) = ([], "it is gone")
    let journal = try await journal([damaged, letter("L2", received: 8)])
    let progress = try await replay(ReplayRequest(DeadLetterQuery(), payload: [1]), in: journal)
    #expect(progress.damaged == ["L1"] && progress.replayed == 1 && progress.done == 2)
    #expect(try await journal.deadLetters(matching: DeadLetterQuery(), after: nil, limit: 9).map(\.id) == ["L1"])
  }

  @Test func skipsWhatOthersClosedMeanwhile() async throws {
    let journal = try await journal((0..<3).map { letter("L\($0)", received: $0) })
    let request = ReplayRequest(DeadLetterQuery())
    let selection = try await LetterSelection(request.query, in: journal)
    _ = try await journal.discard(deadLetters: ["L1"], reason: "by somebody else")
    let progress = try await Replayer(journal).replay(selection, as: request)
    #expect(progress.replayed == 2 && progress.skipped == 1 && progress.done == 3)
  }

  @Test func keepsToItsRate() async throws {
    let journal = try await journal((0..<101).map { letter("L\(100 + $0)", received: $0) })
    let clock = VirtualClock(autoAdvances: true)
    let request = ReplayRequest(DeadLetterQuery(), rate: 50)
    clock.beginWork()
    let progress = try await Replayer(journal, clock: clock).replay(try await LetterSelection(request.query, in: journal), as: request)
    clock.endWork()
    #expect(progress.replayed == 101)
    #expect(clock.now.offset == .seconds(2))
  }

  @Test func stopsBetweenTwoLetters() async throws {
    let journal = try await journal((0..<20).map { letter("L\(100 + $0)", received: $0) })
    let request = ReplayRequest(DeadLetterQuery(), rate: nil)
    let replayer = Replayer(journal)
    let progress = try await replayer.replay(try await LetterSelection(request.query, in: journal), as: request) { progress in
      if progress.replayed == 7 { replayer.stop() }
    }
    #expect(progress.replayed == 7 && progress.done == 7 && progress.total == 20)
    #expect(try await journal.deadLetters(matching: DeadLetterQuery(), after: nil, limit: 99).count == 13)
    #expect(try await replays(in: journal).count == 7)
  }

  @Test func waitsWhileTheJournalIsFull() async throws {
    var limits = JournalLimits()
    limits.maxEntries = 2
    let journal = try await journal((0..<3).map { letter("L\($0)", received: $0) }, limits: limits)
    let request = ReplayRequest(DeadLetterQuery(), rate: nil)
    let replayer = Replayer(journal)
    let progress = try await replayer.replay(try await LetterSelection(request.query, in: journal), as: request) { progress in
      if progress.isWaiting { replayer.stop() }
    }
    #expect(progress.isWaiting && progress.replayed == 2 && progress.done == 2)
    #expect(try await journal.deadLetters(matching: DeadLetterQuery(), after: nil, limit: 9).map(\.id) == ["L2"])
    let taken = try await replays(in: journal)
    try await journal.settle(taken.map { Settlement(position: $0.position, destination: "a", outcome: .delivered) })
    #expect(try await replay(request, in: journal).replayed == 1)
  }

  @Test func oneThatIsLateDoesNotCatchUp() {
    var pace = ReplayPace(rate: 10)
    #expect(pace.reserve(at: .zero) == .zero)
    #expect(pace.reserve(at: .zero) == .milliseconds(100))
    #expect(pace.reserve(at: .seconds(5)) == .seconds(5))
    #expect(pace.reserve(at: .seconds(5)) == .milliseconds(5100))
    var unbound = ReplayPace(rate: nil)
    #expect((0..<3).map { _ in unbound.reserve(at: .seconds(1)) } == [.seconds(1), .seconds(1), .seconds(1)])
  }
}
