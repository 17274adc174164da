import GRDB
import RopewalkCore

extension ErrorCode {
  static let journalVersion = ErrorCode("journal.version", .conflict)
}

/// The tables of a journal, version after version.
///
/// `PRAGMA user_version` says which version a file has, `PRAGMA application_id` that it is a journal.
enum JournalSchema {
  /// "RwJl".
  static let applicationID: Int32 = 0x52_77_4A_6C

  static var version: Int { migrations.count }

  /// The statements that lead from each version to the next; what is released is never changed.
  private static let migrations = [version1, version2, version3]

  /// Brings an empty or older file to the present version, all of it or nothing.
  /// - Throws: ``RopewalkError`` when the file is of a newer version, or another program's.
  static func migrate(_ database: Database, in folder: JournalFolder) throws {
    let found = try check(database, in: folder)
    guard found < version else { return }
    try database.inTransaction(.immediate) {
      for migration in migrations[found...] { try database.execute(sql: migration) }
      try database.execute(sql: "PRAGMA application_id = \(applicationID); PRAGMA user_version = \(version)")
      return .commit
    }
  }

  /// - Throws: ``RopewalkError`` when the file is not of the present version.
  static func requirePresent(_ database: Database, in folder: JournalFolder) throws {
    let found = try check(database, in: folder)
    guard found == version else {
      throw RopewalkError(
        .journalVersion,
        "the journal '\(folder.path)' has version \(found), this Ropewalk works on version \(version); start 'ropewalk run' with it once"
      )
    }
  }

  /// Returns the file's version; 0 when it is empty, where there has not been a journal before.
  @discardableResult
  static func check(_ database: Database, in folder: JournalFolder) throws -> Int {
    // Asked first: a journal that is being made has its tables by the time of its mark.
    let isMade = folder.isMade
    let id = try Int32.fetchOne(database, sql: "PRAGMA application_id") ?? 0
    let found = try Int.fetchOne(database, sql: "PRAGMA user_version") ?? 0
    let isEmpty = try Int.fetchOne(database, sql: "SELECT count(*) FROM sqlite_master") == 0
    guard id == applicationID || isEmpty else {
      throw RopewalkError(
        .journalNotADatabase,
        "'\(folder.database)' is a database of another program; move it away or choose another folder with --data-dir"
      )
    }
    guard !isEmpty || !isMade else { throw folder.lost }
    guard found <= version else {
      throw RopewalkError(
        .journalVersion,
        "the journal '\(folder.path)' has version \(found), this Ropewalk knows version \(version); use the newer Ropewalk that wrote it, or choose another folder with --data-dir"
      )
    }
    return found
  }

  /// Times are nanoseconds since 1970 on the journal's own clock (``JournalClock``), except a message's `time` and a
  /// letter's `failed`, which came with them. Detail columns hold what `MessageDetail` and `LetterDetail` encode. A ``SharedLane``
  /// is a lane too.
  private static let version1 = """
    -- One row. Positions are not given twice, so the last one outlives its message.
    CREATE TABLE state (
      last_position INTEGER NOT NULL,
      time INTEGER NOT NULL,
      open_messages INTEGER NOT NULL,
      open_bytes INTEGER NOT NULL,
      closed_cleanly INTEGER NOT NULL
    );
    INSERT INTO state VALUES (0, 0, 0, 0, 1);

    -- The lines of the ledger. What is in flight is counted from the pairs, so that the sum can be audited.
    CREATE TABLE accounts (
      number INTEGER PRIMARY KEY,
      integration TEXT NOT NULL,
      customer TEXT NOT NULL,
      accepted INTEGER NOT NULL DEFAULT 0,
      delivered INTEGER NOT NULL DEFAULT 0,
      filtered INTEGER NOT NULL DEFAULT 0,
      dead_lettered INTEGER NOT NULL DEFAULT 0,
      duplicates INTEGER NOT NULL DEFAULT 0,
      UNIQUE (integration, customer)
    );

    -- Numbers for the names of destinations and of integrations with replays.
    CREATE TABLE names (number INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);

    -- A lane is an account's number, or for replays the number of the integration's name, negated.
    CREATE TABLE messages (
      position INTEGER PRIMARY KEY,
      account INTEGER NOT NULL,
      lane INTEGER NOT NULL,
      size INTEGER NOT NULL,
      time INTEGER NOT NULL,
      file INTEGER,
      destinations BLOB NOT NULL,
      letter TEXT,
      stage TEXT,
      id TEXT NOT NULL,
      detail BLOB NOT NULL,
      payload BLOB
    );

    -- What is in flight: one row for each message and destination until that pair has its end.
    CREATE TABLE pairs (
      lane INTEGER NOT NULL,
      destination INTEGER NOT NULL,
      position INTEGER NOT NULL,
      account INTEGER NOT NULL,
      time INTEGER NOT NULL,
      PRIMARY KEY (lane, destination, position)
    ) WITHOUT ROWID;

    -- Settled messages that are kept for a while.
    CREATE TABLE settled (position INTEGER PRIMARY KEY, time INTEGER NOT NULL);

    -- The message ids by which duplicates are recognised, a row for each transaction.
    CREATE TABLE recent_ids (position INTEGER PRIMARY KEY, time INTEGER NOT NULL, ids BLOB NOT NULL);

    -- Payloads that are files, with the number of messages and letters that refer to each.
    CREATE TABLE files (number INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, size INTEGER NOT NULL, uses INTEGER NOT NULL);

    -- state: 0 open, 1 replayed, 2 discarded.
    CREATE TABLE letters (
      number INTEGER PRIMARY KEY,
      id TEXT NOT NULL UNIQUE,
      state INTEGER NOT NULL,
      integration TEXT NOT NULL,
      customer TEXT NOT NULL,
      stage TEXT NOT NULL,
      code TEXT NOT NULL,
      guest_code TEXT NOT NULL,
      failed INTEGER NOT NULL,
      kept INTEGER NOT NULL,
      closed INTEGER,
      reason TEXT,
      replay INTEGER
    );
    CREATE INDEX closed_letters ON letters (number) WHERE state <> 0;
    CREATE TABLE letter_bodies (
      number INTEGER PRIMARY KEY,
      payload_file INTEGER,
      original_file INTEGER,
      detail BLOB NOT NULL,
      payload BLOB,
      original BLOB
    );
    """

  /// What failed while a pair was in flight, as `AttemptList` encodes it; null for nearly all.
  private static let version2 = "ALTER TABLE pairs ADD COLUMN attempts BLOB"

  /// What `RowSum` makes of a row, so that a byte that changed in it is noticed: `sum` of what belongs to its payloads, `payload_sum`
  /// of those, or of the names of the files that they are in. Null in rows of earlier versions.
  private static let version3 = """
    ALTER TABLE messages ADD COLUMN sum INTEGER;
    ALTER TABLE messages ADD COLUMN payload_sum INTEGER;
    ALTER TABLE letter_bodies ADD COLUMN sum INTEGER;
    ALTER TABLE letter_bodies ADD COLUMN payload_sum INTEGER;
    """
}
