import GRDB
import GRDBSQLite
import Logging
import RopewalkCore
import RopewalkJournal

extension SQLiteJournal {
  /// A database that is open, with what its writer begins with.
  struct Opened {
    let pool: DatabasePool
    let writer: JournalWriter
    /// The last owner did not close the journal.
    let wasLeftOpen: Bool
  }

  static func open(
    _ folder: JournalFolder,
    settings: SQLiteJournalSettings,
    role: JournalRole,
    stopwatch: Stopwatch,
    logger: Logger
  ) throws -> Opened {
    let pool = try DatabasePool(path: folder.database, configuration: configuration(settings))
    return try pool.writeWithoutTransaction { database in
      switch role {
      case .owner: try JournalSchema.migrate(database, in: folder)
      case .visitor: try JournalSchema.requirePresent(database, in: folder)
      }
      try prepare(database, for: settings.durability)
      let time = try Int64.fetchOne(database, sql: "SELECT time FROM state") ?? 0
      let wasLeftOpen = try Bool.fetchOne(database, sql: "SELECT NOT closed_cleanly FROM state") ?? true
      let clock = JournalClock(stopwatch, after: time)
      let writer = try JournalWriter(
        database,
        settings: settings,
        folder: folder,
        clock: clock,
        recentIDs: role == .owner ? try RecentIDs(from: database, settings: settings, at: clock.now) : RecentIDs(maxCount: 0, duration: 0),
        logger: logger
      )
      if role == .owner { try writer.statements.markOpen.run() }
      return Opened(pool: pool, writer: writer, wasLeftOpen: wasLeftOpen)
    }
  }

  private static func configuration(_ settings: SQLiteJournalSettings) -> Configuration {
    var configuration = Configuration()
    configuration.label = "ropewalk.journal"
    configuration.busyMode = .timeout(settings.busyTimeout.seconds)
    configuration.maximumReaderCount = 3
    configuration.foreignKeysEnabled = false
    configuration.prepareDatabase { database in
      // Counts only before the first table is made.
      try database.execute(sql: "PRAGMA page_size = 8192")
    }
    return configuration
  }

  /// Sets how the writer syncs; the pool has opened it with less.
  static func prepare(_ database: Database, for durability: SQLiteJournalSettings.Durability) throws {
    let level =
      switch durability {
      case .fsync: "FULL"
      case .process: "NORMAL"
      }
    try database.execute(sql: "PRAGMA synchronous = \(level); PRAGMA journal_size_limit = \(64 << 20)")
  }
}

extension RecentIDs {
  /// Reads the ids that are remembered still.
  init(from database: Database, settings: SQLiteJournalSettings, at now: Int64) throws {
    self.init(maxCount: settings.limits.windowCount, duration: settings.limits.windowDuration.wholeNanoseconds)
    let oldest = now - settings.limits.windowDuration.wholeNanoseconds
    var accounts: [Int64: AccountKey] = [:]
    try PreparedStatement("SELECT number, integration, customer FROM accounts", on: database).rows { row in
      accounts[row.integer(0)] = AccountKey(integration: row.text(1), customer: row.text(2))
      return true
    }
    let blocks = try PreparedStatement("SELECT position, time, ids FROM recent_ids WHERE time > ? ORDER BY position", on: database)
    blocks.bind(oldest, at: 1)
    try blocks.rows { row in
      var reader = ByteReader(row.bytes(2))
      while !reader.isAtEnd {
        let (number, customer, id) = (Int64(truncatingIfNeeded: try reader.number()), try reader.text(), try reader.text())
        guard let account = accounts[number] else { throw SQLiteFailure(corrupt: "a recent id has no account") }
        remember(IDDigest(integration: account.integration, customer: customer.isEmpty ? account.customer : customer, id: id))
      }
      commit(position: row.integer(0), time: row.integer(1))
      return true
    }
  }
}
