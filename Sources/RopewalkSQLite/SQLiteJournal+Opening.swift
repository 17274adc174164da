import GRDB
import GRDBSQLite
import Logging
import RopewalkCore
import RopewalkJournal

extension SQLiteJournal {
  /// Opens the database, and brings it to where an owner can go on.
  static func open(
    _ folder: JournalFolder,
    settings: SQLiteJournalSettings,
    role: JournalRole,
    damage: JournalDamage,
    stopwatch: Stopwatch,
    logger: Logger
  ) throws -> (pool: DatabasePool, writer: JournalWriter) {
    let pool = try DatabasePool(path: folder.database, configuration: configuration(settings))
    let (writer, wasLeftOpen) = try pool.writeWithoutTransaction { database in
      switch role {
      case .owner: try JournalSchema.migrate(database, in: folder)
      case .visitor: try JournalSchema.requirePresent(database, in: folder)
      }
      try prepare(database, for: settings.durability)
      let (time, wasLeftOpen) = try lastState(database)
      let isChecked = role == .owner && wasLeftOpen
      if isChecked, try size(database) <= settings.maxCheckAtOpen.bytes { try check(database) }
      let clock = JournalClock(
        stopwatch,
        after: time,
        lastID: try lastIDTime(database),
        retention: max(settings.deadLetterRetention, settings.settledRetention)
      )
      if role == .owner, let leap = clock.leap { reportLeap(leap, folder: folder, logger: logger) }
      let recentIDs =
        role == .owner
        ? try readIDs(database, limits: settings.limits, at: clock.windowTime, folder: folder, logger: logger)
        : RecentIDs(maxCount: 0, duration: 0)
      let writer = try JournalWriter(
        database,
        settings: settings,
        role: role,
        folder: folder,
        damage: damage,
        clock: clock,
        recentIDs: recentIDs,
        logger: logger
      )
      if role == .owner {
        try folder.markMade(database)
        try writer.takeOver()
      }
      return (writer, wasLeftOpen)
    }
    if role == .owner, wasLeftOpen { reportCrash(pool, settings: settings, folder: folder, damage: damage, logger: logger) }
    return (pool, writer)
  }

  private static func lastState(_ database: Database) throws -> (time: Int64, wasLeftOpen: Bool) {
    let state = try PreparedStatement("SELECT time, closed_cleanly FROM state", on: database)
    guard let found = try state.first({ ($0.integer(0), $0.integer(1) == 0) }) else {
      throw SQLiteFailure(corrupt: "the table 'state' is empty")
    }
    return found
  }

  private static func lastIDTime(_ database: Database) throws -> Int64 {
    let last = try PreparedStatement("SELECT time FROM recent_ids ORDER BY position DESC LIMIT 1", on: database)
    return try last.first { $0.integer(0) } ?? 0
  }

  private static func readIDs(
    _ database: Database,
    limits: JournalLimits,
    at now: Int64,
    folder: JournalFolder,
    logger: Logger
  ) throws -> RecentIDs {
    let (ids, damaged) = try RecentIDs.read(from: database, limits: limits, at: now)
    if damaged > 0 {
      logger.warning(
        "Message ids are damaged in the journal: a message that comes again within the window may be accepted once more",
        metadata: ["journal": "\(folder.path)", "count": "\(damaged)"]
      )
    }
    return ids
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

extension SQLiteJournal {
  private static func size(_ database: Database) throws -> Int {
    let pages = try PreparedStatement("PRAGMA page_count", on: database).first { $0.integer(0) } ?? 0
    let pageSize = try PreparedStatement("PRAGMA page_size", on: database).first { $0.integer(0) } ?? 0
    return Int(pages * pageSize)
  }

  /// - Throws: when a page is damaged. Reads all of the database.
  private static func check(_ database: Database) throws {
    let answer = try PreparedStatement("PRAGMA quick_check(1)", on: database).first { $0.text(0) }
    guard answer == "ok" else { throw SQLiteFailure(corrupt: answer ?? "the check has no answer") }
  }

  /// Says that the clock is not believed.
  private static func reportLeap(_ leap: Duration, folder: JournalFolder, logger: Logger) {
    logger.warning(
      "The clock is far ahead of the journal: no dead letter is removed because of that; check the clock, unless nothing ran for so long",
      metadata: ["journal": "\(folder.path)", "ahead": "\(leap.shortText)"]
    )
  }

  /// Says that the last owner did not close the journal, and checks beside the work what was too large to wait for.
  private static func reportCrash(
    _ pool: DatabasePool,
    settings: SQLiteJournalSettings,
    folder: JournalFolder,
    damage: JournalDamage,
    logger: Logger
  ) {
    logger.notice(
      "The journal was not closed by its last owner; everything that was acknowledged is there",
      metadata: ["journal": "\(folder.path)"]
    )
    pool.asyncRead { result in
      do {
        let database = try result.get()
        guard try size(database) > settings.maxCheckAtOpen.bytes else { return }
        try check(database)
        logger.notice("The journal was checked: it is not damaged", metadata: ["journal": "\(folder.path)"])
      } catch let error as SQLiteFailure where error.isInterruption {
        // Closed before the end of the check: SQLite itself still refuses a damaged page when it meets one.
      } catch {
        logger.critical("\(damage.noting(.ofJournal(error, in: folder.path)))")
      }
    }
  }
}

extension RecentIDs {
  private typealias Accounts = [Int64: (integration: String, scope: IDDigest.Scope)]

  /// Reads the ids that are remembered still.
  /// - Returns: with how many transactions' ids are damaged: of these the first ones may be there.
  static func read(from database: Database, limits: JournalLimits, at now: Int64) throws -> (ids: RecentIDs, damaged: Int) {
    var (ids, damaged) = (RecentIDs(maxCount: limits.windowCount, duration: limits.windowDuration.wholeNanoseconds), 0)
    let oldest = now - limits.windowDuration.wholeNanoseconds
    let accounts = try Self.accounts(database)
    let blocks = try PreparedStatement("SELECT position, time, ids FROM recent_ids WHERE time > ? ORDER BY position", on: database)
    blocks.bind(oldest, at: 1)
    try blocks.rows { row in
      do { try ids.remember(row.bytes(2), of: accounts) } catch { damaged += 1 }
      ids.commit(position: row.integer(0), time: row.integer(1))
      return true
    }
    return (ids, damaged)
  }

  /// - Throws: when the bytes are not what a transaction wrote.
  private mutating func remember(_ bytes: [UInt8], of accounts: Accounts) throws(SQLiteFailure) {
    var reader = ByteReader(bytes)
    while !reader.isAtEnd {
      guard let account = accounts[Int64(truncatingIfNeeded: try reader.number())] else {
        throw SQLiteFailure(corrupt: "a recent id has no account")
      }
      let customer = try reader.text()
      let scope = customer.isEmpty ? account.scope : IDDigest.Scope(integration: account.integration, customer: customer)
      let id = try reader.range()
      remember(bytes.withUnsafeBytes { IDDigest(UnsafeRawBufferPointer(rebasing: $0[id]), in: scope) })
    }
  }

  private static func accounts(_ database: Database) throws -> Accounts {
    var accounts: Accounts = [:]
    try PreparedStatement("SELECT number, integration, customer FROM accounts", on: database).rows { row in
      accounts[row.integer(0)] = (row.text(1), IDDigest.Scope(integration: row.text(1), customer: row.text(2)))
      return true
    }
    return accounts
  }
}
