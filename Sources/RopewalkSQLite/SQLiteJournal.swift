import GRDB
package import Logging
package import RopewalkCore
package import RopewalkJournal

/// A journal in a folder: an SQLite database, and a file for each large payload.
///
/// Calls that come at once are written with one sync. docs/guide/durability.md says what is promised and what it costs.
package final class SQLiteJournal: Journal {
  let folder: JournalFolder
  let settings: SQLiteJournalSettings
  let role: JournalRole
  private let pool: DatabasePool
  private let writing: GroupCommit
  private let lock: OwnerLock?

  /// Opens the journal of a folder; as its owner, makes it where it is not there yet.
  /// - Parameters:
  ///   - folder: its parent must be there.
  ///   - clock: measures the window, the retention and nothing else.
  /// - Throws: `RopewalkError` when the journal cannot be used: another process owns it, it is of a newer version, it is not a
  ///   journal, it is damaged, it cannot be written, the disk is full.
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
    switch role {
    case .owner:
      try folder.make()
      self.lock = try OwnerLock(folder)
    case .visitor:
      try folder.requireDatabase()
      self.lock = nil
    }
    do {
      let opened = try Self.open(folder, settings: settings, role: role, stopwatch: Stopwatch(clock), logger: logger)
      self.pool = opened.pool
      self.writing = GroupCommit(pool: opened.pool, writer: opened.writer, maxBatch: settings.maxBatch, folder: folder)
    } catch {
      throw .ofJournal(error, in: folder.path)
    }
  }

  package func append(_ entries: [JournalEntry]) async throws -> [AppendResult] {
    guard !entries.isEmpty else { return [] }
    try entries.forEach(check)
    let prepared = entries.map(PreparedEntry.init)
    return try await writing.perform { writer in
      try prepared.map { try writer.append($0) }
    }
  }

  package func settle(_ settlements: [Settlement], deadLetters: [DeadLetter]) async throws {
    guard !settlements.isEmpty || !deadLetters.isEmpty else { return }
    try requireOwner()
    let letters = deadLetters.map(PreparedLetter.init)
    try await writing.perform { writer in
      if !letters.isEmpty { try writer.keep(letters) }
      for settlement in settlements { try writer.settle(settlement) }
    }
  }

  package func unsettled(in lane: JournalLane, after position: JournalPosition?, limit: Int) async throws -> [UnsettledEntry] {
    try await read { database in
      try LaneReader(database).read(lane, after: position, limit: limit).map(\.entry)
    }
  }

  package func ledger() async throws -> [LedgerEntry] {
    try await read { try LedgerReader.read($0) }
  }

  package func deadLetters(matching query: DeadLetterQuery, after id: String?, limit: Int) async throws -> [DeadLetter] {
    try await read { database in
      try LetterReader(database).read(query, after: id, limit: limit).map(\.letter)
    }
  }

  package func discard(deadLetters ids: [String], reason: String) async throws -> Int {
    try await writing.perform { writer in
      try ids.count { try writer.discard(letter: $0, reason: reason) }
    }
  }

  /// Ends after what was begun is written; afterwards nothing can be read or written. Blocks the calling thread that long.
  package func close() throws(RopewalkError) {
    do {
      try writing.close { writer in
        if role == .owner { try writer.markClosed() }
      }
      try pool.close()
    } catch {
      throw .ofJournal(error, in: folder.path)
    }
  }

  private func read<Value: Sendable>(_ body: @escaping @Sendable (Database) throws -> Value) async throws -> Value {
    do {
      return try await pool.read(body)
    } catch is CancellationError {
      throw CancellationError()
    } catch {
      throw RopewalkError.ofJournal(error, in: folder.path)
    }
  }
}
