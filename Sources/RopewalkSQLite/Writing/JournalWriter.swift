import GRDB
import GRDBSQLite
import Logging
import RopewalkCore
import RopewalkJournal

/// Writes to the database, one transaction for many calls.
///
/// It knows the sums of the journal and the recent ids, so that an append reads nothing; what another process wrote
/// meanwhile is read again first. `@unchecked Sendable`: it is used only on its connection's queue.
final class JournalWriter: BatchWriter, @unchecked Sendable {
  let settings: SQLiteJournalSettings
  let role: JournalRole
  let folder: JournalFolder
  let damage: JournalDamage
  let clock: JournalClock
  let logger: Logger
  let statements: WriterStatements
  let payloads: PayloadFolder
  /// Beyond so many names, those that are not used now are read again when they are.
  private static let maxCachedAccounts = 100_000

  var totals = JournalTotals()
  var recentIDs: RecentIDs
  /// The present transaction's part of `recent_ids`.
  var newIDs = ByteWriter()
  var accountChanges: [Int64: AccountChange] = [:]
  var accounts: [AccountKey: Account] = [:]
  var names: [String: Int64] = [:]
  /// How many there are; nil when they must be counted.
  var letterCount: Int?
  /// Letters that are gone once the transaction is committed, with the reason.
  var removedLetters: [(letter: OldLetter, reason: String)] = []
  /// Files that nothing refers to once the transaction is committed.
  var unusedFiles: [String] = []
  /// The time of the present transaction.
  var now: Int64 = 0
  private var windowTime: Int64 = 0
  /// Whether what is committed now is on disk when it is committed.
  private(set) var isSyncing: Bool
  private var dataVersion: Int64 = -1
  private var nextRemoval = Int64.min
  /// How often to look for what has been kept long enough: a minute.
  private static let removalInterval: Int64 = 60_000_000_000

  init(
    _ database: Database,
    settings: SQLiteJournalSettings,
    role: JournalRole,
    folder: JournalFolder,
    damage: JournalDamage,
    clock: JournalClock,
    recentIDs: RecentIDs,
    logger: Logger
  ) throws {
    self.settings = settings
    self.role = role
    self.folder = folder
    self.damage = damage
    self.clock = clock
    self.recentIDs = recentIDs
    self.payloads = PayloadFolder(folder)
    self.logger = logger
    self.isSyncing = settings.durability == .fsync
    self.statements = try WriterStatements(database)
  }

  /// Writes all of the jobs in one transaction and answers each; it is synced, if the journal syncs at all and one of them wants it.
  /// When the database refuses one, none of them is written.
  func write(_ jobs: ArraySlice<WriteJob<JournalWriter>>) {
    var answers: [@Sendable () -> Void] = []
    answers.reserveCapacity(jobs.count)
    do {
      try setSync(jobs.contains(where: \.isOnDisk))
      try begin()
      for job in jobs { answers.append(try answer(to: job)) }
      try commit()
    } catch {
      rollBack()
      let error = damage.noting(.ofJournal(error, in: folder.path))
      // The log may hold most of what there is; once it is moved into the database, its room can be used again.
      if error.code == .journalNoSpace { try? statements.moveLog.rows { _ in true } }
      for job in jobs { job.fail(error) }
      return
    }
    for answer in answers { answer() }
  }

  /// A job may be refused by itself before it has changed anything, and says so with a `RopewalkError`.
  private func answer(to job: WriteJob<JournalWriter>) throws -> @Sendable () -> Void {
    do {
      return try job.apply(self)
    } catch let error as RopewalkError {
      return { job.fail(error) }
    }
  }

  /// Makes the journal this owner's: writes down that it is open, and removes what a crash or the time has made useless.
  func takeOver() throws {
    try statements.markOpen.run()
    try begin()
    let swept = try payloads.sweep { try isKnown(file: $0) }
    try commit()
    if swept > 0 { logger.notice("Payload files that a crash had left were removed", metadata: ["count": "\(swept)"]) }
    while nextRemoval <= now {
      try begin()
      try commit()
    }
  }

  /// Writes down that the next owner need not look for damage, and leaves everything in the database's own file.
  func markClosed() throws {
    try statements.markClosed.run()
    try statements.moveLog.rows { _ in true }
  }

  // MARK: Transaction

  /// Between transactions: SQLite syncs its log at the end of each one, or leaves that to the next.
  private func setSync(_ isOn: Bool) throws {
    guard settings.durability == .fsync, isOn != isSyncing else { return }
    try statements.setSync(isOn)
    isSyncing = isOn
  }

  private func begin() throws {
    try statements.begin.run()
    (now, windowTime) = (clock.now, clock.windowTime)
    let version = try statements.dataVersion.first { $0.integer(0) } ?? 0
    if version != dataVersion {
      totals = try readTotals()
      letterCount = nil
      dataVersion = version
    }
    if let last = recentIDs.forget(at: windowTime) {
      statements.forgetIDs.bind(last, at: 1)
      try statements.forgetIDs.run()
    }
    // How long things are kept is the owner's to say; a visitor was not told.
    if role == .owner, now >= nextRemoval { nextRemoval = try removeExpired() ? now : now + Self.removalInterval }
  }

  private func commit() throws {
    try writeAccountChanges()
    if !newIDs.bytes.isEmpty {
      statements.insertIDs.bind(totals.lastPosition, at: 1)
      statements.insertIDs.bind(windowTime, at: 2)
      statements.insertIDs.bind(newIDs.bytes, at: 3)
      try statements.insertIDs.run()
    }
    statements.updateState.bind(totals.lastPosition, at: 1)
    statements.updateState.bind(now, at: 2)
    statements.updateState.bind(totals.openMessages, at: 3)
    statements.updateState.bind(totals.openBytes, at: 4)
    try statements.updateState.run()
    try statements.commit.run()
    newIDs = ByteWriter()
    recentIDs.commit(position: totals.lastPosition, time: windowTime)
    reportRemovedLetters()
    try? removeUnusedFiles()
    if accounts.count > Self.maxCachedAccounts { accounts = [:] }
  }

  private func rollBack() {
    // Fails where SQLite has rolled back by itself.
    _ = try? statements.rollBack.run()
    recentIDs.rollBack()
    newIDs = ByteWriter()
    accountChanges = [:]
    accounts = [:]
    names = [:]
    unusedFiles = []
    removedLetters = []
    dataVersion = -1
  }

  private func readTotals() throws -> JournalTotals {
    guard
      let totals = try statements.readState.first({ row in
        JournalTotals(lastPosition: row.integer(0), openMessages: row.integer(1), openBytes: row.integer(2))
      })
    else { throw SQLiteFailure(corrupt: "the table 'state' is empty") }
    return totals
  }
}

/// What the table `state` says.
struct JournalTotals {
  var lastPosition: Int64 = 0
  var openMessages: Int64 = 0
  var openBytes: Int64 = 0
}
