import Foundation
import RopewalkCore
import RopewalkJournal
import RopewalkSQLite
import Testing

/// Rows of large payloads, and rows that refer to a file that is not theirs.
@Suite struct FileDamageTests {
  private let settings = SQLiteJournalSettings(maxInlinePayload: ByteCount(10))

  /// Without what belongs to it, its payload is not sent, though it is there.
  @Test func aLargePayloadWhoseMessageIsDamagedStaysWithItsLetter() async throws {
    try await withFolder { folder in
      try await fill(folder)
      try folder.flip("header of m2")
      try await SQLiteJournal.with(folder, settings) { journal async throws in
        let open = try await journal.open()
        #expect(open.map { $0.damage == nil } == [true, false, true] && open[1].message.payload.isEmpty)
        try await journal.settle(open[1].ends(), deadLetters: [open[1].lost()])
        #expect(try folder.payloads.count == 3)
      }
      try await SQLiteJournal.with(folder, settings) { journal async throws in
        let letters = try await journal.deadLetters(matching: DeadLetterQuery(), after: nil, limit: 10)
        #expect(letters.map { $0.damage?.contains("headers") } == [true] && letters.map(\.payload) == [[]])
        #expect(try await journal.discard(deadLetters: letters.map(\.id), reason: "sent again") == 1)
      }
    }
  }

  /// Another message's file is not taken for its own.
  @Test func aMessageThatRefersToAnotherFileIsDamaged() async throws {
    try await withFolder { folder in
      try await fill(folder)
      try folder.change("UPDATE messages SET file = (SELECT file FROM messages WHERE id = 'm3') WHERE id = 'm2'")
      try await SQLiteJournal.with(folder, settings) { journal async throws in
        let open = try await journal.open()
        #expect(open.map { $0.damage == nil } == [true, false, true] && open[1].message.payload.isEmpty)
        // Neither its letter nor its end has a part in that file.
        try await journal.settle(open[1].ends(), deadLetters: [open[1].lost()])
        #expect(try await journal.open().map(\.message) == [entry(1).message, entry(3).message])
        _ = try await journal.discard(deadLetters: ["L1x"], reason: "sent again")
      }
      var few = settings
      few.limits.maxDeadLetters = 1
      try await SQLiteJournal.with(folder, few) { journal async throws in
        let first = try #require(try await journal.open().first)
        try await journal.settle(first.ends("L2"), deadLetters: [.sample("L2", of: entry(1))])
        #expect(try await journal.deadLetters(matching: DeadLetterQuery(state: nil), after: nil, limit: 10).map(\.id) == ["L2"])
        #expect(try await journal.open().map(\.message) == [entry(3).message])
      }
    }
  }

  /// Nor is it that of a small message, whose payload is in its row.
  @Test func aSmallMessageThatRefersToAFileIsWhole() async throws {
    try await withFolder { folder in
      try await fill(folder, SQLiteJournalSettings())
      try await SQLiteJournal.with(folder, settings) { _ = try await $0.accept(entry(4)) }
      try folder.change("UPDATE messages SET file = (SELECT file FROM messages WHERE id = 'm4') WHERE id = 'm2'")
      try await SQLiteJournal.with(folder, settings) { journal async throws in
        let open = try await journal.open()
        #expect(open.map(\.message) == (1...4).map { entry($0).message })
        try await journal.settle(open[1].destinations.map { .end(open[1].position, at: $0) })
        #expect(try await journal.open().map(\.message) == [1, 3, 4].map { entry($0).message })
      }
    }
  }

  /// Nor when it goes does another's file go with it.
  @Test(arguments: ["payload_file", "original_file"]) func aLetterThatRefersToAnotherFileIsDamaged(column: String) async throws {
    try await withFolder { folder in
      try await fill(folder)
      try await SQLiteJournal.with(folder, settings) { journal async throws in
        let open = try await journal.open()
        try await journal.settle(open[0].ends("L1"), deadLetters: [.sample("L1", of: entry(1))])
      }
      try folder.change("UPDATE letter_bodies SET \(column) = (SELECT file FROM messages WHERE id = 'm3')")
      var few = settings
      few.limits.maxDeadLetters = 1
      try await SQLiteJournal.with(folder, few) { journal async throws in
        let letter = try #require(try await journal.deadLetters(matching: DeadLetterQuery(), after: nil, limit: 10).first)
        #expect(letter.damage?.contains("the message 'm1'") == true && letter.payload.isEmpty && letter.originalPayload.isEmpty)
        _ = try await journal.discard(deadLetters: ["L1"], reason: "sent again")
        let second = try #require(try await journal.open().first)
        try await journal.settle(second.ends("L2"), deadLetters: [.sample("L2", of: entry(2))])
        #expect(try await journal.deadLetters(matching: DeadLetterQuery(state: nil), after: nil, limit: 10).map(\.id) == ["L2"])
        #expect(try await journal.open().map(\.message) == [entry(3).message])
      }
    }
  }

  /// The index of the names has a copy of each: what it does not know is not taken for what a crash has left.
  @Test func aFileWhoseNameIsDamagedInTheIndexIsKept() async throws {
    try await withFolder { folder in
      try await fill(folder)
      let file = try folder.payloads.sorted()[1]
      try folder.flip(file, onlyLast: true)
      for _ in 1...2 {
        try await SQLiteJournal.with(folder, settings) { journal async throws in
          #expect(try folder.payloads.count == 3)
          #expect(try await journal.open().map(\.message) == (1...3).map { entry($0).message })
        }
      }
      // Nor is its message passed over once it is gone.
      try FileManager.default.removeItem(atPath: "\(folder.path)/payloads/\(file)")
      try await SQLiteJournal.with(folder, settings) { journal async throws in
        let open = try await journal.open()
        #expect(open.map { $0.damage?.contains(file) } == [nil, true, nil])
      }
    }
  }

  /// Three messages for two destinations; leaves the folder closed.
  private func fill(_ folder: Folder, _ settings: SQLiteJournalSettings? = nil) async throws {
    try await SQLiteJournal.with(folder, settings ?? self.settings) { journal async throws in
      for number in 1...3 { try await journal.accept(entry(number)) }
    }
  }

  private func entry(_ number: Int) -> JournalEntry { .marked(number) }
}
