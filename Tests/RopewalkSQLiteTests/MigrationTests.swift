import Foundation
import RopewalkCore
import RopewalkJournal
import RopewalkSQLite
import RopewalkTesting
import Testing

/// Journals that were written by released versions open for ever, with everything that is in them.
///
/// `Golden/version-N` is a journal's folder as the first program with schema version N left it. A new version gets a new
/// folder, written by `swift test --filter RopewalkSQLiteTests.MigrationTests` with ROPEWALK_WRITE_GOLDEN=1; the old ones are
/// never changed.
@Suite struct MigrationTests {
  private static let golden = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Golden").path
  private static let versions = [1, 2, 3]
  private static let isWriting = ProcessInfo.processInfo.environment["ROPEWALK_WRITE_GOLDEN"] != nil
  private let settings = SQLiteJournalSettings(maxInlinePayload: ByteCount(200))
  /// The day on which every golden journal was written.
  private let day = Timestamp(nanoseconds: 1_795_219_200_000_000_000)

  @Test(.disabled(if: isWriting), arguments: versions) func opensWhatAnEarlierVersionLeft(version: Int) async throws {
    try await withFolder { folder in
      try FileManager.default.copyItem(atPath: Self.golden + "/version-\(version)", toPath: folder.path)
      try await SQLiteJournal.with(folder, settings, clock: VirtualClock(epoch: day)) { journal async throws in
        let open = open(in: version)
        #expect(try await journal.open() == open)
        #expect(try await journal.open(.accepted(integration: "orders", customer: "acme", destination: "b")) == [open[0]])
        let replays = try await journal.open(.replays(integration: "orders"))
        #expect(replays.map(\.message) == [entry(3).message])
        #expect(replays.map(\.replay) == [Replay(letterID: "L3", stage: "step", versions: ["step": "sha256:00ff"])])
        #expect(try await journal.deadLetters(matching: DeadLetterQuery(state: nil), after: nil, limit: 10) == letters)
        let line = try #require(try await journal.ledger().first)
        #expect((line.accepted, line.delivered, line.filtered, line.deadLettered) == (12, 1, 1, 6))
        #expect(line.inFlight == 4 && line.duplicates == 1 && line.balances)
        #expect(try await journal.append([entry(0)]) == [.duplicate])
        #expect(try await journal.accept(entry(9)) == JournalPosition(7))
      }
    }
  }

  @Test(.enabled(if: isWriting)) func writesTheGoldenJournal() async throws {
    let folder = Folder(parent: Self.golden, name: "version-\(try #require(Self.versions.last))")
    try? FileManager.default.removeItem(atPath: folder.path)
    try await SQLiteJournal.with(folder, settings, clock: VirtualClock(epoch: day)) { journal async throws in
      let positions = try await journal.append((0..<5).map(entry)).compactMap(\.position)
      _ = try await journal.append([entry(0)])
      try await journal.settle([.end(positions[0], .delivered, at: "a"), .end(positions[1], .filtered, at: "b")])
      for number in 2..<5 {
        let ends = ["a", "b"].map { Settlement.end(positions[number], .deadLettered, at: $0, letter: "L\(number)") }
        try await journal.settle(ends, deadLetters: [letter(number)])
      }
      var replay = entry(3)
      replay.replay = Replay(letterID: "L3", stage: "step", versions: ["step": "sha256:00ff"])
      try await journal.accept(replay)
      _ = try await journal.discard(deadLetters: ["L4"], reason: "a test order")
      try await journal.note([FailedAttempts(position: positions[1], destination: "a", attempts: [attempt])])
    }
    for file in ["owner.lock", "journal.sqlite-wal", "journal.sqlite-shm"] {
      try? FileManager.default.removeItem(atPath: "\(folder.path)/\(file)")
    }
  }

  /// Messages 1 and 4 are large.
  private func entry(_ number: Int) -> JournalEntry {
    let metadata = MessageMetadata(
      customerID: "acme",
      tenantID: "t",
      integrationID: "orders",
      source: "in",
      correlationID: "c",
      traceID: "00ff"
    )
    let message = Message(
      id: "m\(number)",
      payload: Array(repeating: UInt8(number), count: number % 3 == 1 ? 300 : 10),
      contentType: "text/plain",
      metadata: metadata,
      headers: MessageHeaders([.init(name: "X-A", value: "zwei ✓"), .init(name: "x-a", value: "")]),
      timestamp: Timestamp(nanoseconds: day.nanoseconds + Int64(number))
    )
    return JournalEntry(message: message, destinations: ["a", "b"])
  }

  /// Since version 2 with what failed.
  private func open(in version: Int) -> [UnsettledEntry] {
    [
      UnsettledEntry(position: JournalPosition(1), message: entry(0).message, destinations: ["b"]),
      UnsettledEntry(
        position: JournalPosition(2),
        message: entry(1).message,
        destinations: ["a"],
        attempts: version > 1 ? ["a": [attempt]] : [:]
      ),
    ]
  }

  private var attempt: DeadLetter.Attempt { DeadLetter.Attempt(time: day, error: "one ✓") }

  private func letter(_ number: Int) -> DeadLetter {
    var letter = DeadLetter.sample("L\(number)", of: entry(number))
    letter.code = "step.failed"
    letter.attempts = [attempt]
    letter.backtrace = ["at total (invoice.ts:3:7)"]
    letter.headers = entry(number).message.headers
    letter.originalHeaders = MessageHeaders([.init(name: "X-B", value: "1")])
    letter.firstStage = "step"
    letter.replayOf = number == 2 ? "L0" : nil
    return letter
  }

  private var letters: [DeadLetter] {
    var letters = (2..<5).map(letter)
    letters[1].state = .replayed(at: day, as: JournalPosition(6))
    letters[2].state = .discarded(at: day, reason: "a test order")
    return letters
  }
}
