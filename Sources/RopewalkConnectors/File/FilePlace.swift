import RopewalkCore

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// What a path names. Behind a fence that is a name in a folder which was looked at and is held open, and never a link: whoever
/// can put a link on the way leads nobody out. Without a fence it is the path as the system takes it.
struct FilePlace {
  let path: String
  /// In its folder.
  let name: String
  /// Nil where the name is the path.
  private let parent: FileDescriptor?

  /// - Throws: also where the fence does not allow it.
  init(_ path: String, within fence: FolderFence?) throws(FileSystemError) {
    self.path = path
    guard let fence else {
      (name, parent) = (path, nil)
      return
    }
    let name = path.split(separator: "/").last.map(String.init) ?? ""
    guard !["", ".", ".."].contains(name), !path.hasSuffix("/") else { throw FileSystemError("open", path, EISDIR) }
    let folder = String(path.dropLast(name.count))
    let parent = try FileDescriptor(openingFolder: folder.isEmpty ? "." : folder, within: nil)
    guard let real = parent.realPath, fence.allows(real == "/" ? "/\(name)" : "\(real)/\(name)") else {
      throw FileSystemError("reach", path, ELOOP)
    }
    (self.name, self.parent) = (name, parent)
  }

  /// The folder's number, as system calls take it beside the name.
  var folder: CInt { parent?.number ?? AT_FDCWD }

  /// What keeps ``name`` from being followed where it is a link.
  var openFlags: CInt { parent == nil ? 0 : O_NOFOLLOW }
  var statusFlags: CInt { parent == nil ? 0 : AT_SYMLINK_NOFOLLOW }
}
