import GRDB
import RopewalkCore

#if canImport(Glibc)
  import Glibc
  import SwiftOverlayShims  // the clang module that `stat` is found through under MemberImportVisibility
#else
  import Darwin
#endif

/// A folder with a database, and beside that a mark that there has been one, so that one that is gone is not taken for one that is to
/// be made.
protocol DatabaseFolder: Sendable {
  /// What the database's files are called, without their endings.
  static var name: String { get }

  var path: String { get }

  /// The file that holds the PID of the owner.
  var lock: String { get }

  /// Whether something else than the database's own files says that there has been one.
  var hasOtherTraces: Bool { get }

  /// What to say of a database that is gone.
  var lost: RopewalkError { get }

  /// What to say where the process of this PID has it.
  func owned(by pid: String) -> RopewalkError

  /// What to say of a system call that failed just now.
  func failure(_ what: String) -> RopewalkError
}

extension DatabaseFolder {
  static var databaseName: String { name + ".sqlite" }

  var database: String { path + "/" + Self.databaseName }

  /// Is there once the tables are on disk: where it is, a database without any has lost what was in it.
  private var mark: String { path + "/" + Self.name + ".made" }

  var isMade: Bool { access(mark, F_OK) == 0 }

  /// Makes the database's file where there is none. For its owner: the locks that SQLite has on a file go with the first descriptor
  /// of it that the process closes.
  /// - Throws: ``lost``, too.
  func makeDatabase() throws(RopewalkError) {
    try requireKept()
    let descriptor = open(database, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw failure("cannot open '\(database)'") }
    close(descriptor)
  }

  /// The first time, has the tables on disk and then writes down, over a power cut too, that they are.
  func markMade(_ database: Database) throws {
    guard !isMade else { return }
    try PreparedStatement("PRAGMA wal_checkpoint(PASSIVE)", on: database).rows { _ in true }
    let descriptor = open(mark, O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw failure("cannot make '\(mark)'") }
    close(descriptor)
    try sync(path)
  }

  /// - Throws: ``lost`` when there has been a database and it is empty or not there. SQLite would take it for a new one, and remove
  ///   the log beside it.
  func requireKept() throws(RopewalkError) {
    // Asked first: where a database is just being made, its file is there before any of them. Those of earlier versions have no mark.
    // SQLite takes a single byte for nothing too.
    guard isMade || size(of: database + "-wal") > 0 || hasOtherTraces, size(of: database) <= 1 else { return }
    throw lost
  }

  /// So that the names in a folder survive a power cut.
  func sync(_ folder: String) throws(RopewalkError) {
    let handle = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard handle >= 0 else { throw failure("cannot open '\(folder)'") }
    defer { close(handle) }
    guard fsync(handle) == 0 else { throw failure("cannot sync '\(folder)'") }
  }

  /// 0 where there is none. Opens nothing: see ``makeDatabase()``.
  private func size(of file: String) -> Int {
    var status = stat()
    return stat(file, &status) == 0 ? Int(status.st_size) : 0
  }
}
