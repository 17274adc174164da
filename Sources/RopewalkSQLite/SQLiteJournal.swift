import GRDB
package import Logging
package import RopewalkCore
import RopewalkJournal

/// A journal in a folder: an SQLite database, and a file for each large payload.
///
/// Calls that come at once are written with one sync; ends are on disk with the sync after them. docs/guide/durability.md says what is promised and what it costs.
package final class SQLiteJournal: Journal {
  let folder: JournalFolder
  let settings: SQLiteJournalSettings
  let role: JournalRole
  let pool: DatabasePool
  let writing: GroupCommit<JournalWriter>
  let payloads: PayloadFolder
  let replayGlance = ReplayGlance()
  let damage = JournalDamage()
  let logger: Logger
  private let lock: OwnerLock?

  /// Opens the journal of a folder; as its owner, makes it where it is not there yet.
  /// - Parameters:
  ///   - folder: its parent must be there.
  ///   - clock: measures the window, the retention and nothing else.
  /// - Throws: `RopewalkError` when the journal cannot be used: another process owns it, it is of a newer version, it is not a
  ///   journal, it is damaged, it is gone, it cannot be written, the disk is full.
  package init(
    folder: String,
    settings: SQLiteJournalSettings = SQLiteJournalSettings(),
    role: JournalRole = .owner,
    logger: Logger,
    clock: any Clock<Duration> = ContinuousClock()
  ) throws(RopewalkError) {
    let folder = JournalFolder(path: folder)
    self.folder = folder
    self.settings = settings
    self.role = role
    self.logger = logger
    self.payloads = PayloadFolder(folder)
    switch role {
    case .owner:
      try folder.make()
      self.lock = try OwnerLock(of: folder)
      try folder.makeDatabase()
    case .visitor:
      try folder.requireDatabase()
      self.lock = nil
    }
    do {
      let opened = try Self.open(folder, settings: settings, role: role, damage: damage, stopwatch: Stopwatch(clock), logger: logger)
      self.pool = opened.pool
      let closed = RopewalkError(.journalClosed, "the journal '\(folder.path)' is closed")
      self.writing = GroupCommit(
        pool: opened.pool,
        writer: opened.writer,
        maxBatch: settings.maxBatch,
        separatesSyncs: settings.durability == .fsync,
        closed: closed
      )
    } catch {
      let error = RopewalkError.ofJournal(error, in: folder.path)
      guard error.code == .journalNoSpace else { throw error }
      throw RopewalkError(.journalNoSpace, "the disk of the journal '\(folder.path)' is full; make room and try again")
    }
  }

  package func discard(deadLetters ids: [String], reason: String) async throws -> Int {
    try await writing.perform { writer in
      try ids.count { try writer.discard(letter: $0, reason: reason) }
    }
  }

  /// How often it has synced since it was opened, if it syncs at all.
  package var syncs: Int { writing.syncs }

  /// Ends after what was begun is written; afterwards nothing can be read or written. Blocks the calling thread that long.
  package func close() throws(RopewalkError) {
    do {
      try writing.close { writer in
        if role == .owner { try writer.markClosed() }
      }
      // A check that is still running is not waited for.
      pool.interrupt()
      // An interrupt is remembered and would keep closing from doing this; a statement of its own forgets it.
      if role == .owner { _ = try? pool.writeWithoutTransaction { try $0.checkpoint(.truncate) } }
      try pool.close()
      lock?.release()
    } catch {
      throw .ofJournal(error, in: folder.path)
    }
  }
}
