import RopewalkCore

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Writes files into a folder so that each is there whole or not at all.
struct FolderWriter: Sendable {
  let folder: String
  let fence: FolderFence?
  let sync: Bool

  /// Makes the file `name`, or replaces it.
  func write(_ bytes: [UInt8], as name: String) throws(FileSystemError) {
    let path = "\(folder)/\(name)"
    let parent = String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)])
    try makeFolders(for: name)
    let temporary = "\(parent)/.\(String(UInt64.random(in: 0 ... .max), radix: 36)).part"
    do throws(FileSystemError) {
      let file = try FileDescriptor(opening: temporary, within: fence, flags: O_WRONLY | O_CREAT | O_EXCL)
      try file.write(bytes)
      if sync { try file.synchronise() }
      try FileMover.replace(path, with: temporary, within: fence)
      if sync { try FileDescriptor(openingFolder: parent, within: fence).synchronise() }
    } catch {
      try? FileMover.delete(temporary, within: fence)
      throw error
    }
  }

  private func makeFolders(for name: String) throws(FileSystemError) {
    var path = folder
    for part in name.split(separator: "/").dropLast() {
      path += "/\(part)"
      let place = try FilePlace(path, within: fence)
      guard mkdirat(place.folder, place.name, 0o755) == 0 || errno == EEXIST else { throw FileSystemError("make the folder", path) }
    }
  }
}
