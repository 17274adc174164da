import GRDB
import GRDBSQLite
import RopewalkCore

extension ErrorCode {
  static let journalNoSpace = ErrorCode("journal.no-space", .unavailable)
  static let journalCorrupt = ErrorCode("journal.corrupt", .fault)
  static let journalNotADatabase = ErrorCode("journal.not-a-database", .invalid)
  static let journalReadOnly = ErrorCode("journal.read-only", .denied)
  static let journalBusy = ErrorCode("journal.busy", .unavailable)
  static let journalFailed = ErrorCode("journal.failed", .unavailable)
}

/// What SQLite answered instead of doing what it was asked: the transaction is rolled back.
struct SQLiteFailure: Error {
  /// SQLite's extended result code.
  let code: Int32
  let text: String

  init(connection: OpaquePointer?) {
    self.code = sqlite3_extended_errcode(connection)
    self.text = String(cString: sqlite3_errmsg(connection))
  }

  init(_ error: DatabaseError) {
    self.code = error.extendedResultCode.rawValue
    self.text = error.message ?? ""
  }

  /// What was read cannot have been written by any journal.
  init(corrupt what: String) {
    self.code = SQLITE_CORRUPT
    self.text = what
  }

  /// `SQLITE_IOERR_SHMSIZE`: the file that connections share could not be made as large as it must be.
  private static let noRoomForSharedMemory = SQLITE_IOERR | 19 << 8

  /// The connection was told to stop.
  var isInterruption: Bool { code & 0xff == SQLITE_INTERRUPT }

  /// - Parameter folder: the journal's.
  func error(in folder: String) -> RopewalkError {
    switch code == Self.noRoomForSharedMemory ? SQLITE_FULL : code & 0xff {
    case SQLITE_FULL:
      RopewalkError(.journalNoSpace, "the disk of the journal '\(folder)' is full; make room, then it goes on by itself")
    // Where there has been a journal, it is that one, damaged.
    case SQLITE_NOTADB where !JournalFolder(path: folder).isMade:
      RopewalkError(
        .journalNotADatabase,
        "'\(folder)/\(JournalFolder.databaseName)' is not a journal; move it away or choose another folder with --data-dir"
      )
    case SQLITE_CORRUPT, SQLITE_NOTADB:
      RopewalkError(
        .journalCorrupt,
        "the journal '\(folder)' is damaged (\(text)); stop, keep a copy of the folder, and see docs/guide/durability.md, \"A damaged journal\""
      )
    case SQLITE_READONLY, SQLITE_CANTOPEN, SQLITE_PERM, SQLITE_AUTH:
      RopewalkError(
        .journalReadOnly,
        "the journal '\(folder)' cannot be opened for writing (\(text)); check the permissions of the folder and of its files, or "
          + "copy it to where you may write to look at it"
      )
    case SQLITE_BUSY, SQLITE_LOCKED:
      RopewalkError(.journalBusy, "the journal '\(folder)' is held by another process for too long; try again")
    default:
      RopewalkError(
        .journalFailed,
        "the journal '\(folder)' cannot be used: \(text) (SQLite \(code)); check the disk, its free space and the permissions"
      )
    }
  }
}

extension RopewalkError {
  /// What the journal's callers are told of an error that anything below it threw.
  static func ofJournal(_ error: any Error, in folder: String) -> RopewalkError {
    switch error {
    case let error as RopewalkError: error
    case let error as SQLiteFailure: error.error(in: folder)
    case let error as DatabaseError: SQLiteFailure(error).error(in: folder)
    default: RopewalkError(.journalFailed, "the journal '\(folder)' cannot be used", cause: error)
    }
  }
}
