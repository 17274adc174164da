import RopewalkCore

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Moves files without ever writing over another one.
enum FileMover {
  /// Files of one name that are told apart by a number.
  static let maxSameName = 10_000

  static func move(_ path: String, addingSuffix suffix: String, within fence: FolderFence?) throws(FileSystemError) {
    try rename(path, toFree: path + suffix, within: fence)
  }

  static func move(_ path: String, into folder: String, within fence: FolderFence?) throws(FileSystemError) {
    let name = path.split(separator: "/").last ?? ""
    try rename(path, toFree: "\(folder)/\(name)", within: fence)
  }

  static func delete(_ path: String, within fence: FolderFence?) throws(FileSystemError) {
    try delete(try FilePlace(path, within: fence))
  }

  /// Renames a file, and writes over what has the name.
  static func replace(_ path: String, with new: String, within fence: FolderFence?) throws(FileSystemError) {
    guard rename(try FilePlace(new, within: fence), try FilePlace(path, within: fence)) else { throw FileSystemError("write", path) }
  }

  private static func rename(_ path: String, toFree target: String, within fence: FolderFence?) throws(FileSystemError) {
    let source = try FilePlace(path, within: fence)
    for number in 1...maxSameName {
      let candidate = number == 1 ? target : "\(target).\(number)"
      let place = try FilePlace(candidate, within: fence)
      // link fails where the name is taken; rename would write over it.
      if linkat(source.folder, source.name, place.folder, place.name, 0) == 0 { return try delete(source) }
      switch errno {
      case EEXIST: continue
      case EPERM, ENOTSUP:
        // Without hard links: look first, then rename.
        if (try? FileDescriptor.status(of: candidate, within: fence)) != nil { continue }
        if rename(source, place) { return }
        throw FileSystemError("rename \(path) to", candidate)
      default: throw FileSystemError("rename \(path) to", candidate)
      }
    }
    throw FileSystemError("rename \(path) to", target, EEXIST)
  }

  private static func delete(_ place: FilePlace) throws(FileSystemError) {
    guard unlinkat(place.folder, place.name, 0) == 0 else { throw FileSystemError("delete", place.path) }
  }

  private static func rename(_ place: FilePlace, _ target: FilePlace) -> Bool {
    renameat(place.folder, place.name, target.folder, target.name) == 0
  }
}
