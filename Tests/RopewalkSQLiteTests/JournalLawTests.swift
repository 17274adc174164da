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
      try await law.verify { maxEntries in
        var settings = SQLiteJournalSettings(durability: durability)
        settings.limits.maxEntries = maxEntries
        return try SQLiteJournal(folder: folder.path, settings: settings, logger: .quiet)
      }
    }
  }
}
