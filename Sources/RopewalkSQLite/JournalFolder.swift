import RopewalkCore

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

extension ErrorCode {
  static let journalMissing = ErrorCode("journal.missing", .notFound)
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

  /// Makes what is not there yet, down from the folder that the journal's stands in.
  func make() throws(RopewalkError) {
    for folder in [path, payloads] where mkdir(folder, 0o700) != 0 && errno != EEXIST {
      throw failure("cannot make '\(folder)'")
    }
    guard access(path, W_OK | X_OK) == 0 else { throw failure("cannot write to it") }
    let descriptor = open(database, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw failure("cannot open '\(database)'") }
    close(descriptor)
  }

  func requireDatabase() throws(RopewalkError) {
    guard access(database, F_OK) == 0 else {
      throw RopewalkError(.journalMissing, "there is no journal in '\(path)'; 'ropewalk run' makes it, --data-dir says where")
    }
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
