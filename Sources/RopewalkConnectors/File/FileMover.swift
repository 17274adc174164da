#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Moves files without ever writing over another one.
enum FileMover {
  /// Files of one name that are told apart by a number.
  static let maxSameName = 10_000

  static func move(_ path: String, addingSuffix suffix: String) throws(FileSystemError) {
    try rename(path, toFree: path + suffix)
  }

  static func move(_ path: String, into folder: String) throws(FileSystemError) {
    let name = path.split(separator: "/").last ?? ""
    try rename(path, toFree: "\(folder)/\(name)")
  }

  static func delete(_ path: String) throws(FileSystemError) {
    guard unlink(path) == 0 else { throw FileSystemError("delete", path) }
  }

  private static func rename(_ path: String, toFree target: String) throws(FileSystemError) {
    for number in 1...maxSameName {
      let candidate = number == 1 ? target : "\(target).\(number)"
      // link fails where the name is taken; rename would write over it.
      if link(path, candidate) == 0 { return try delete(path) }
      switch errno {
      case EEXIST: continue
      case EPERM, ENOTSUP:
        // Without hard links: look first, then rename.
        if (try? FileDescriptor.status(of: candidate)) != nil { continue }
        if Self.systemRename(path, candidate) { return }
        throw FileSystemError("rename \(path) to", candidate)
      default: throw FileSystemError("rename \(path) to", candidate)
      }
    }
    throw FileSystemError("rename \(path) to", target, EEXIST)
  }

  private static func systemRename(_ path: String, _ target: String) -> Bool {
    renameat(AT_FDCWD, path, AT_FDCWD, target) == 0
  }
}
