import RopewalkCore

#if canImport(Glibc)
  import Glibc
  import SwiftOverlayShims  // the clang module that `stat` is found through under MemberImportVisibility
#else
  import Darwin
#endif

extension ErrorCode {
  static let journalMissing = ErrorCode("journal.missing", .notFound)
  static let journalOwned = ErrorCode("journal.owned", .conflict)
  static let journalLost = ErrorCode("journal.lost", .fault)
}

/// Where a journal keeps what. Only its owner's user may read it.
struct JournalFolder: DatabaseFolder {
  static let name = "journal"

  let path: String

  var lock: String { path + "/owner.lock" }
  /// Large payloads, one file each.
  var payloads: String { path + "/payloads" }

  /// Makes what is not there yet, down from the folder that the journal's stands in, but for the database.
  func make() throws(RopewalkError) {
    for folder in [path, payloads] where mkdir(folder, 0o700) != 0 && errno != EEXIST {
      throw failure("cannot make '\(folder)'")
    }
    guard access(path, W_OK | X_OK) == 0 else { throw failure("cannot write to it") }
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

  var hasOtherTraces: Bool { (try? payloadNames().isEmpty) == false }

  /// The top of a file system has some, which may be mounted there.
  private func isFolder(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
  }

  func owned(by pid: String) -> RopewalkError {
    RopewalkError(
      .journalOwned,
      "the journal '\(path)' belongs to the running process \(pid); stop that one first, or choose another folder with --data-dir"
    )
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

  var lost: RopewalkError {
    RopewalkError(
      .journalLost,
      "the folder '\(path)' has had a journal, and its '\(Self.databaseName)' is empty or gone, with all that was in flight and the "
        + "dead letters; restore the folder from a backup, or move it away to begin with a new one"
    )
  }
}
