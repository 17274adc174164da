import GRDB
import RopewalkCore
import Testing

@testable import RopewalkSQLite

/// The mark beside a database: there has been one.
@Suite struct MarkTests {
  /// A mark that a power cut leaves without the tables would have a new database taken for one that is lost.
  @Test func noMarkIsMadeBeforeTheTablesAreInTheDatabasesFile() async throws {
    try await withFolder { folder in
      let made = JournalFolder(path: folder.path)
      try made.make()
      let pool = try DatabasePool(path: made.database)
      try await pool.write { database in
        try database.execute(sql: "CREATE TABLE t (x)")
        // Within a transaction nothing is moved out of the log.
        #expect(throws: SQLiteFailure.self) { try made.markMade(database) }
      }
      #expect(!made.isMade)
      try await pool.writeWithoutTransaction { try made.markMade($0) }
      #expect(made.isMade)
      try pool.close()
    }
  }
}
