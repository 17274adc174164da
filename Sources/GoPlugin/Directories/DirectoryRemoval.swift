import Glibc

/// Removes folders with all that is in them, by descriptors: links are removed and not followed, and one that somebody puts
/// on the way leads nowhere else.
struct DirectoryRemoval {
  /// How deep the folders may lie that are removed with the one they are in.
  private static let maximumDepth = 16

  /// How many names may still be read.
  private(set) var steps: Int

  init(steps: Int) {
    self.steps = steps
  }

  /// Opens a folder, and never a link. Returns a negative number when there is none.
  static func open(_ name: String, in parent: Int32 = AT_FDCWD) -> Int32 {
    openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
  }

  /// The names in a folder that are wanted, as far as the steps go.
  mutating func names(in folder: Int32, where isWanted: (String) -> Bool) -> [String] {
    var names: [String] = []
    forEachName(in: folder) { _, name in
      if isWanted(name) { names.append(name) }
    }
    return names
  }

  /// Removes a folder that is open. Its ``OwnerLock`` goes last: where the steps are used up before, it is still known for what
  /// it is.
  mutating func remove(_ name: String, in parent: Int32 = AT_FDCWD, opened folder: Int32) {
    empty(folder, depth: 0)
    guard steps > 0 else { return }
    unlinkat(folder, OwnerLock.fileName, 0)
    unlinkat(parent, name, AT_REMOVEDIR)
  }

  private mutating func empty(_ folder: Int32, depth: Int) {
    forEachName(in: folder) { removal, name in
      guard depth > 0 || name != OwnerLock.fileName else { return }
      guard unlinkat(folder, name, 0) != 0, errno == EISDIR, depth < Self.maximumDepth else { return }
      let inner = Self.open(name, in: folder)
      if inner >= 0 {
        removal.empty(inner, depth: depth + 1)
        close(inner)
      }
      unlinkat(folder, name, AT_REMOVEDIR)
    }
  }

  /// Calls `body` with each name in a folder but `.` and `..`, as far as the steps go.
  private mutating func forEachName(in folder: Int32, _ body: (inout DirectoryRemoval, String) -> Void) {
    // A descriptor of its own, which is closed with the list and reads from the beginning.
    let copy = Self.open(".", in: folder)
    guard copy >= 0 else { return }
    guard let list = fdopendir(copy) else {
      close(copy)
      return
    }
    defer { closedir(list) }
    while steps > 0, let entry = readdir(list) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      guard name != ".", name != ".." else { continue }
      steps -= 1
      body(&self, name)
    }
  }
}
