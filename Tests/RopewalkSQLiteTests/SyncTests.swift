import Foundation
import RopewalkCore
import RopewalkJournal
import RopewalkSQLite
import Testing

/// What is waited for on disk, and what rides with it (docs/adr/0019).
@Suite struct SyncTests {
  @Test func endsAreNotSyncedByThemselves() async throws {
    try await withFolder { folder in
      try await SQLiteJournal.with(folder) { journal async throws in
        let first = try await journal.accept(.sample("m1"))
        let second = try await journal.accept(.sample("m2"))
        #expect(journal.syncs == 2)
        let attempt = DeadLetter.Attempt(time: .now, error: "one")
        try await journal.note([FailedAttempts(position: first, destination: "a", attempts: [attempt])])
        try await journal.settle([.end(first)])
        #expect(journal.syncs == 2)
        try await journal.settle([.end(second, .deadLettered)], deadLetters: [.sample("L1", of: .sample("m2"))])
        #expect(journal.syncs == 3)
        try await journal.accept(.sample("m3"))
        #expect(journal.syncs == 4)
      }
    }
  }

  /// A power cut takes back what was not synced: at worst everything that is only in the log. A payload's file must not be
  /// gone before what refers to it is.
  @Test func aFileGoesOnlyWhenItsMessageIsGoneOnDisk() async throws {
    try await withFolder { folder in
      let settings = SQLiteJournalSettings(maxInlinePayload: ByteCount(1000))
      let crashed = try await SQLiteJournal.with(folder, settings) { journal async throws in
        let position = try await journal.accept(.sample("m1", payload: [UInt8](repeating: 7, count: 2000)))
        #expect(try folder.payloads.count == 1)
        try await journal.settle([.end(position)])
        #expect(try folder.payloads.isEmpty)
        return try folder.afterCrash()
      }
      try FileManager.default.removeItem(atPath: crashed.log)
      try await SQLiteJournal.with(crashed, settings) { journal async throws in
        #expect(try await journal.open().isEmpty)
        #expect(try await journal.ledger().map(\.delivered) == [1])
      }
    }
  }
}
