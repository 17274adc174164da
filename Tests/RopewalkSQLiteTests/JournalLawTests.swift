import Logging
import RopewalkCore
import RopewalkJournal
import RopewalkSQLite
import RopewalkTesting
import Testing

@Suite struct JournalLawTests {
  @Test(arguments: JournalLaw.allCases, SQLiteJournalSettings.Durability.allCases)
  func keepsTheLaw(_ law: JournalLaw, durability: SQLiteJournalSettings.Durability) async throws {
    try await withFolder { folder in
      let open: JournalLaw.Factory = { limits in
        let settings = SQLiteJournalSettings(durability: durability, limits: limits)
        return try SQLiteJournal(folder: folder.path, settings: settings, logger: .quiet)
      }
      try await law.verify(open) { journal, limits in
        try (journal as? SQLiteJournal)?.close()
        return try await open(limits)
      }
    }
  }
}
