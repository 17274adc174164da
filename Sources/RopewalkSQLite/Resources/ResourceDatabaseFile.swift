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
struct ResourceDatabaseFile: Sendable {
  static let name = "resources.sqlite"

  let folder: String

  var database: String { folder + "/" + Self.name }
  /// Holds the PID of the store's owner.
  var lock: String { folder + "/resources.lock" }

  /// Makes what is not there yet.
  func make() throws(RopewalkError) {
    guard mkdir(folder, 0o700) == 0 || errno == EEXIST else { throw failure("cannot make the folder") }
    let descriptor = open(database, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw failure("cannot open it") }
    close(descriptor)
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
    case SQLITE_CORRUPT:
      RopewalkError(
        .storeCorrupt,
        "the resources '\(database)' are damaged (\(failure.text)); stop, keep a copy of the file, and restore a backup"
      )
    case SQLITE_NOTADB:
      RopewalkError(.storeVersion, "'\(database)' is no store of resources; move it away or choose another folder with --data-dir")
    case SQLITE_FULL: unavailable("the disk is full; make room, then it goes on by itself")
    default: unavailable("\(failure.text) (SQLite \(failure.code))")
    }
  }
}
