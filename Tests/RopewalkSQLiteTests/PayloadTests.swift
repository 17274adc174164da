import Foundation
import InMemoryLogging
import RopewalkCore
import RopewalkJournal
import RopewalkSQLite
import Testing

/// Payloads that are kept beside the database.
@Suite struct PayloadTests {
  private let settings = SQLiteJournalSettings(maxInlinePayload: ByteCount(1000))
  private let payload = [UInt8]((0..<100_000).map { UInt8(truncatingIfNeeded: $0 * 7) })

  @Test func onlyLargeOnesAreFiles() async throws {
    try await withFolder { folder in
      try await SQLiteJournal.with(folder, settings) { journal async throws in
        try await journal.accept(.sample("small", payload: Array(payload.prefix(1000))))
        #expect(try folder.payloads.isEmpty)
        try await journal.accept(.sample("large", payload: Array(payload.prefix(1001))))
        #expect(try folder.payloads.count == 1)
        #expect(try await journal.open().map(\.message.payload.count) == [1000, 1001])
      }
      #expect(SQLiteJournalSettings().maxInlinePayload == .kibibytes(256))
    }
  }

  @Test func theFileGoesWithTheLastDestination() async throws {
    try await withFolder { folder in
      let position = try await SQLiteJournal.with(folder, settings) { journal async throws in
        try await journal.accept(.sample("m1", payload: payload, destinations: ["a", "b"]))
      }
      try await SQLiteJournal.with(folder, settings) { journal async throws in
        try await journal.settle([.end(position, at: "a")])
        #expect(try await journal.open().map(\.message.payload) == [payload])
        try await journal.settle([.end(position, at: "b")])
        #expect(try folder.payloads.isEmpty)
      }
    }
  }

  @Test func aDeadLetterSharesTheMessagesFile() async throws {
    try await withFolder { folder in
      try await SQLiteJournal.with(folder, settings) { journal async throws in
        let entry = JournalEntry.sample("m1", payload: payload, destinations: ["a", "b"])
        let position = try await journal.accept(entry)
        try await journal.settle([.end(position, .deadLettered, letter: "L1")], deadLetters: [.sample("L1", of: entry)])
        #expect(try folder.payloads.count == 1)
        let changed = Array(payload.reversed())
        let second = DeadLetter.sample("L2", of: entry, payload: changed)
        try await journal.settle([.end(position, .deadLettered, at: "b", letter: second.id)], deadLetters: [second])
        // The message is gone; one file for what came, one for what it had become.
        #expect(try folder.payloads.count == 2)
        let letters = try await journal.deadLetters(matching: DeadLetterQuery(), after: nil, limit: 10)
        #expect(letters.map(\.originalPayload) == [payload, payload])
        #expect(letters.map(\.payload) == [payload, changed])
        // A call that is made again, as when its answer was lost, leaves nothing behind.
        try await journal.settle([.end(position, .deadLettered, at: "b", letter: second.id)], deadLetters: [second])
        #expect(try folder.payloads.count == 2)
      }
    }
  }

  @Test func theFileGoesWithTheLastLetter() async throws {
    try await withFolder { folder in
      var settings = settings
      settings.limits.maxDeadLetters = 1
      try await SQLiteJournal.with(folder, settings) { journal async throws in
        for number in 1...3 {
          let entry = JournalEntry.sample("m\(number)", payload: payload)
          let end = Settlement.end(try await journal.accept(entry), .deadLettered, letter: "L\(number)")
          try await journal.settle([end], deadLetters: [.sample("L\(number)", of: entry)])
          #expect(try folder.payloads.count == 1)
          #expect(try await journal.discard(deadLetters: ["L\(number)"], reason: "a test") == 1)
        }
      }
    }
  }

  @Test func refusedMessagesLeaveNoFile() async throws {
    try await withFolder { folder in
      var settings = settings
      settings.limits.maxEntries = 1
      try await SQLiteJournal.with(folder, settings) { journal async throws in
        let results = try await journal.append(["m1", "m1", "m2"].map { .sample($0, payload: payload) })
        #expect(results.dropFirst() == [.duplicate, .full])
        #expect(try folder.payloads.count == 1)
      }
    }
  }

  @Test func openMessagesKeepTheirFileWhenALetterIsRefused() async throws {
    try await withFolder { folder in
      var settings = settings
      settings.limits.maxDeadLetters = 1
      try await SQLiteJournal.with(folder, settings) { journal async throws in
        let entries = (1...2).map { JournalEntry.sample("m\($0)", payload: payload) }
        let positions = [try await journal.accept(entries[0]), try await journal.accept(entries[1])]
        try await journal.settle([.end(positions[0], .deadLettered, letter: "L1")], deadLetters: [.sample("L1", of: entries[0])])
        let letter = DeadLetter.sample("L2", of: entries[1], payload: Array(payload.reversed()))
        for _ in 0..<3 {
          let error = await #expect(throws: RopewalkError.self) {
            try await journal.settle([.end(positions[1], .deadLettered, letter: letter.id)], deadLetters: [letter])
          }
          #expect(error?.code.name == "dead-letters.full")
        }
        #expect(try folder.payloads.count == 2)
        #expect(try await journal.open().map(\.message.payload) == [payload])
      }
    }
  }

  @Test func whatACrashLeftIsSwept() async throws {
    try await withFolder { folder in
      try await SQLiteJournal.with(folder, settings) { journal async throws in
        try await journal.accept(.sample("m1", payload: payload))
        let crashed = try folder.afterCrash()
        try Data(repeating: 1, count: 5000).write(to: URL(fileURLWithPath: crashed.path + "/payloads/01ORPHAN"))
        let log = InMemoryLogHandler()
        try await SQLiteJournal.with(crashed, settings, logger: .recording(log)) { journal async throws in
          #expect(try crashed.payloads.count == 1)
          #expect(try await journal.open().map(\.message.payload) == [payload])
        }
        #expect(log.contains("that a crash had left"))
      }
    }
  }
}
