import Foundation
import InMemoryLogging
import Logging
import RopewalkCore
import RopewalkJournal
import RopewalkSQLite
import Testing

/// Damage of what no checksum covers: it concerns what it is in, and nobody else.
@Suite struct LooseRowTests {
  /// Nothing is left of its message.
  @Test func aPairWithoutItsMessageIsSaidAndPassedOver() async throws {
    try await withFolder { folder in
      try await SQLiteJournal.with(folder) { journal async throws in
        for number in 1...3 { try await journal.accept(.marked(number)) }
      }
      try folder.change("DELETE FROM messages WHERE id = 'm2'")
      for start in 1...2 {
        let log = InMemoryLogHandler()
        try await SQLiteJournal.with(folder, logger: .recording(log)) { journal async throws in
          #expect(try await journal.open().map(\.message.id).prefix(2) == ["m1", "m3"])
          let next = try await journal.unsettled(in: .acme, after: JournalPosition(1), limit: 1)
          #expect(next.map(\.message.id) == ["m3"])
          let lane = JournalLane.accepted(integration: "orders", customer: "acme", destination: "b")
          let end = try await journal.unsettled(in: lane, after: JournalPosition(1), limit: 100, maxSize: ByteCount(.max))
          #expect(end.isEnd && end.entries.map(\.message.id).first == "m3")
          // Nobody is refused because of it.
          try await journal.accept(.marked(3 + start))
          #expect(try await journal.ledger().allSatisfy(\.balances))
        }
        let said = log.entries.filter { $0.level == .error }
        #expect(said.map { "\($0.message)" }.allSatisfy { $0.contains("in flight and not in the journal") })
        #expect(said.map { $0.metadata["position"] } == ["2"])
      }
    }
  }

  @Test func attemptsThatDoNotDecodeAreNone() async throws {
    try await withFolder { folder in
      let attempts = [DeadLetter.Attempt(time: Timestamp(nanoseconds: 1), error: "no")]
      try await SQLiteJournal.with(folder) { journal async throws in
        let position = try await journal.accept(.marked(1))
        try await journal.note(["a", "b"].map { FailedAttempts(position: position, destination: $0, attempts: attempts) })
      }
      try folder.change("UPDATE pairs SET attempts = x'ff' WHERE destination = 1")
      try await SQLiteJournal.with(folder) { journal async throws in
        let entry = try #require(try await journal.open().first)
        #expect(entry.message == JournalEntry.marked(1).message && entry.destinations == ["a", "b"] && entry.damage == nil)
        #expect(entry.attempts == ["b": attempts])
      }
    }
  }

  /// Those of other transactions are known, and so are those before the damage.
  @Test func idsThatDoNotDecodeAreSaidAndForgotten() async throws {
    try await withFolder { folder in
      try await SQLiteJournal.with(folder) { journal async throws in
        _ = try await journal.append([.sample("m1"), .sample("m2")])
        try await journal.accept(.sample("m3"))
        try await journal.accept(.sample("m4"))
      }
      try folder.change("UPDATE recent_ids SET ids = CAST(substr(ids, 1, length(ids) - 1) AS BLOB) WHERE position = 2")
      try folder.change("UPDATE recent_ids SET ids = x'7f0000' WHERE position = 3")
      let log = InMemoryLogHandler()
      try await SQLiteJournal.with(folder, logger: .recording(log)) { journal async throws in
        let results = try await journal.append((1...4).map { .sample("m\($0)") })
        #expect(results.map { $0 == .duplicate } == [true, false, false, true])
      }
      #expect(log.entries.map { $0.metadata["count"] } == ["2"] && log.contains("may be accepted once more"))
    }
  }

  /// It does not make room as a closed one would.
  @Test func aLetterOfAnUnknownStateIsOpen() async throws {
    try await withFolder { folder in
      var settings = SQLiteJournalSettings()
      settings.limits.maxDeadLetters = 1
      try await SQLiteJournal.with(folder, settings) { journal async throws in
        let position = try await journal.accept(.sample("m1"))
        try await journal.settle([.end(position, .deadLettered)], deadLetters: [.sample("L1", of: .sample("m1"))])
      }
      try folder.change("UPDATE letters SET state = 4")
      try await SQLiteJournal.with(folder, settings) { journal async throws in
        let end = Settlement.end(try await journal.accept(.sample("m2")), .deadLettered)
        let error = await #expect(throws: RopewalkError.self) {
          try await journal.settle([end], deadLetters: [.sample("L2", of: .sample("m2"))])
        }
        #expect(error?.code.name == "dead-letters.full")
        for state in DeadLetterQuery.State.allCases {
          let letters = try await journal.deadLetters(matching: DeadLetterQuery(state: state), after: nil, limit: 10)
          let expected: [DeadLetter.State] = state == .open ? [.open] : []
          #expect(letters.map(\.state) == expected)
        }
        #expect(try await journal.discard(deadLetters: ["L1"], reason: "damaged") == 1)
        let letters = try await journal.deadLetters(matching: DeadLetterQuery(state: .discarded), after: nil, limit: 10)
        #expect(letters.map(\.damage) == [nil])
        try await journal.settle([end], deadLetters: [.sample("L2", of: .sample("m2"))])
      }
    }
  }

  /// A bit that changed in memory, and not on disk: what the letter says of its message does not count.
  @Test(arguments: [("time = time + 1", "time = time - 1"), ("id = 'm9'", "id = 'm1'")])
  func aMessageThatIsWholeWhenItsLetterIsWrittenHasAllOfItThere(harm: String, remedy: String) async throws {
    try await withFolder { folder in
      try await SQLiteJournal.with(folder) { journal async throws in
        let entry = JournalEntry.marked(1)
        try await journal.accept(entry)
        try folder.change("UPDATE messages SET \(harm)")
        let found = try #require(try await journal.open().first)
        #expect(found.damage != nil && found.message.headers.fields.isEmpty)
        try folder.change("UPDATE messages SET \(remedy)")
        try await journal.settle(found.ends(), deadLetters: [found.lost()])
        let letter = try #require(try await journal.deadLetters(matching: DeadLetterQuery(), after: nil, limit: 10).first)
        #expect(letter.damage == nil && letter.payload == entry.message.payload && letter.originalPayload == entry.message.payload)
        #expect(letter.headers == entry.message.headers && letter.originalHeaders == entry.message.headers)
        #expect(letter.receivedAt == entry.message.timestamp && letter.messageID == entry.message.id)
      }
    }
  }

  /// An id that comes again after the window is another message; only its end says which of the two a letter is of.
  @Test func damagedMessagesThatNothingElseTellsApartHaveEachItsPayload() async throws {
    try await withFolder { folder in
      var settings = SQLiteJournalSettings(maxInlinePayload: ByteCount(10))
      settings.limits.windowCount = 1
      try await SQLiteJournal.with(folder, settings) { journal async throws in
        for (id, byte) in [("m1", 1), ("m2", 2), ("m1", 3)] as [(String, UInt8)] {
          try await journal.accept(.sample(id, payload: Array(repeating: byte, count: 100)))
        }
        let contents = try folder.payloads.map { name in
          let file = URL(fileURLWithPath: "\(folder.path)/payloads/\(name)")
          return (file, try Data(contentsOf: file))
        }
        for (file, _) in contents { try FileManager.default.removeItem(at: file) }
        let lost = try await journal.open().filter { $0.message.id == "m1" }
        #expect(lost.map { $0.damage == nil } == [false, false])
        let letters = lost.enumerated().map { $1.lost(id: "L\($0)") }
        for (file, content) in contents { try content.write(to: file) }
        try await journal.settle(zip(lost, letters).flatMap { $0.ends($1.id) }, deadLetters: letters)
        let kept = try await journal.deadLetters(matching: DeadLetterQuery(), after: nil, limit: 10)
        #expect(kept.map(\.damage) == [nil, nil])
        #expect(kept.map(\.payload) == [1, 3].map { [UInt8](repeating: $0, count: 100) })
      }
    }
  }
}
