import GRDB
import GRDBSQLite
import RopewalkCore
import RopewalkResources

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Where a store of resources keeps what. Only its owner's user may read it.
struct ResourceFolder: DatabaseFolder {
  static let name = "resources"

  let path: String

  var lock: String { path + "/resources.lock" }

  /// There is nothing else in it. The lock is there before the first database is.
  var hasOtherTraces: Bool { false }

  /// Makes it where it is not there yet.
  func make() throws(RopewalkError) {
    guard mkdir(path, 0o700) == 0 || errno == EEXIST else { throw failure("cannot make the folder") }
  }

  var lost: RopewalkError {
    RopewalkError(
      .storeLost,
      "the folder '\(path)' has had a store of resources, and its '\(Self.databaseName)' is empty or gone, with all that was declared; "
        + "restore the folder from a backup, or move it away to begin with a new one"
    )
  }

  func owned(by pid: String) -> RopewalkError {
    RopewalkError(
      .storeOwned,
      "the resources '\(database)' belong to the running process \(pid); stop that one first, or choose another folder with --data-dir"
    )
  }

  /// What the system call that failed just now says.
  func failure(_ what: String) -> RopewalkError {
    let number = errno
    return unavailable("\(what): \(String(cString: strerror(number)))")
  }

  func unavailable(_ what: String) -> RopewalkError {
    RopewalkError(
      .storeUnavailable,
      "the resources '\(database)' cannot be used: \(what); check the folder, its permissions and the free space"
    )
  }

  /// What callers are told of an error that anything below the store threw.
  func error(_ error: any Error) -> any Error {
    switch error {
    case is RopewalkError, is CancellationError: error
    case let error as SQLiteFailure: self.error(error)
    case let error as DatabaseError: self.error(SQLiteFailure(error))
    default: RopewalkError(.storeUnavailable, "the resources '\(database)' cannot be used", cause: error)
    }
  }

  private func error(_ failure: SQLiteFailure) -> RopewalkError {
    switch failure.code & 0xff {
    // Where there has been a store, it is that one, damaged.
    case SQLITE_NOTADB where !isMade:
      RopewalkError(.storeVersion, "'\(database)' is no store of resources; move it away or choose another folder with --data-dir")
    case SQLITE_CORRUPT, SQLITE_NOTADB:
      RopewalkError(
        .storeCorrupt,
        "the resources '\(database)' are damaged (\(failure.text)); stop, keep a copy of the file, and restore a backup"
      )
    case SQLITE_FULL: unavailable("the disk is full; make room, then it goes on by itself")
    default: unavailable("\(failure.text) (SQLite \(failure.code))")
    }
  }
}
