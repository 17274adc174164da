import RopewalkCore

#if canImport(Glibc)
  import Glibc
  import SwiftOverlayShims  // the clang module that `stat` is found through under MemberImportVisibility
#else
  import Darwin
#endif

extension ErrorCode {
  static let journalMissing = ErrorCode("journal.missing", .notFound)
  static let journalLost = ErrorCode("journal.lost", .fault)
}

/// Where a journal keeps what. Only its owner's user may read it.
struct JournalFolder: Sendable {
  static let databaseName = "journal.sqlite"

  let path: String

  var database: String { path + "/" + Self.databaseName }
  /// Holds the PID of the journal's owner.
  var lock: String { path + "/owner.lock" }
  /// Large payloads, one file each.
  var payloads: String { path + "/payloads" }

  /// Is there once the journal's tables are on disk: where it is, a database without any has lost what was in it.
  private var mark: String { path + "/journal.made" }

  /// Makes what is not there yet, down from the folder that the journal's stands in, but for the database.
  func make() throws(RopewalkError) {
    for folder in [path, payloads] where mkdir(folder, 0o700) != 0 && errno != EEXIST {
      throw failure("cannot make '\(folder)'")
    }
    guard access(path, W_OK | X_OK) == 0 else { throw failure("cannot write to it") }
  }

  /// Makes the database's file where there is none. For the journal's owner: the locks that SQLite has on a file go with the first
  /// descriptor of it that the process closes.
  /// - Throws: `journal.lost`, too.
  func makeDatabase() throws(RopewalkError) {
    try requireKept()
    let descriptor = open(database, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw failure("cannot open '\(database)'") }
    close(descriptor)
  }

  /// - Throws: `journal.lost`, too.
  func requireDatabase() throws(RopewalkError) {
    try requireKept()
    guard access(database, F_OK) == 0 else {
      throw RopewalkError(.journalMissing, "there is no journal in '\(path)'; 'ropewalk run' makes it, --data-dir says where")
    }
  }

  /// The names of the files in ``payloads``.
  func payloadNames() throws(RopewalkError) -> [String] {
    guard let stream = opendir(payloads) else { throw failure("cannot read '\(payloads)'") }
    defer { closedir(stream) }
    var names: [String] = []
    while let entry = readdir(stream) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: Int(NAME_MAX)) { String(cString: $0) }
      }
      if !name.hasPrefix("."), !isFolder("\(payloads)/\(name)") { names.append(name) }
    }
    return names
  }

  /// The top of a file system has some, which may be mounted there.
  private func isFolder(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
  }

  /// So that the names in a folder survive a power cut.
  func sync(_ folder: String) throws(RopewalkError) {
    let handle = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard handle >= 0 else { throw failure("cannot open '\(folder)'") }
    defer { close(handle) }
    guard fsync(handle) == 0 else { throw failure("cannot sync '\(folder)'") }
  }

  /// What the system call that failed just now says.
  func failure(_ what: String) -> RopewalkError {
    let number = errno
    let code: ErrorCode =
      switch number {
      case ENOSPC, EDQUOT: .journalNoSpace
      case EACCES, EPERM, EROFS: .journalReadOnly
      default: .journalFailed
      }
    return RopewalkError(
      code,
      "the journal '\(path)' cannot be used: \(what): \(String(cString: strerror(number))); check the folder, its permissions and the free space"
    )
  }
}

/// Whether there has been a journal, so that one that is gone is not taken for one that is to be made.
extension JournalFolder {
  var isMade: Bool { access(mark, F_OK) == 0 }

  /// Writes down, over a power cut too, that the journal has its tables; they must be on disk.
  func markMade() throws(RopewalkError) {
    let descriptor = open(mark, O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw failure("cannot make '\(mark)'") }
    close(descriptor)
    try sync(path)
  }

  /// - Throws: `journal.lost` when there has been a journal and its database is empty or not there. SQLite would take it for a new
  ///   one, and remove the log beside it.
  private func requireKept() throws(RopewalkError) {
    // Asked first: where a journal is just being made, its database is there before any of them. Journals of earlier versions
    // have no mark.
    guard isMade || size(of: database + "-wal") > 0 || hasPayloads, size(of: database) == 0 else { return }
    throw lost
  }

  private var hasPayloads: Bool { (try? payloadNames().isEmpty) == false }

  /// 0 where there is none. Opens nothing: see ``makeDatabase()``.
  private func size(of file: String) -> Int {
    var status = stat()
    return stat(file, &status) == 0 ? Int(status.st_size) : 0
  }

  var lost: RopewalkError {
    RopewalkError(
      .journalLost,
      "the folder '\(path)' has had a journal, and its '\(Self.databaseName)' is empty or gone, with all that was in flight and the "
        + "dead letters; restore the folder from a backup, or move it away to begin with a new one"
    )
  }
}
