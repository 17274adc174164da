import Glibc

/// Removes folders with all that is in them, by descriptors: links are removed and not followed, and one that somebody puts
/// on the way leads nowhere else.
///
/// Names are bytes here, as the kernel has them: a `String` would mend what is no UTF-8, and then name something else.
struct DirectoryRemoval {
  /// How deep the folders may lie that are removed with the one they are in.
  private static let maximumDepth = 16

  /// How many names may still be dealt with.
  private var steps: Int
  /// Whether a folder within stays whose owner lives, and so those that it is in.
  private let sparesOwned: Bool

  init(steps: Int, sparesOwned: Bool) {
    self.steps = steps
    self.sparesOwned = sparesOwned
  }

  /// Opens a folder, and never a link. Returns a negative number when there is none.
  static func open(_ name: UnsafePointer<CChar>, in parent: Int32 = AT_FDCWD) -> Int32 {
    openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
  }

  /// Takes a step. Returns whether there was one left.
  mutating func step() -> Bool {
    guard steps > 0 else { return false }
    steps -= 1
    return true
  }

  /// Removes a folder that is open. Its ``OwnerLock`` goes last: where something stays, it is still known for what it is.
  mutating func remove(_ name: UnsafePointer<CChar>, in parent: Int32 = AT_FDCWD, opened folder: Int32) {
    guard empty(folder, depth: 0) else { return }
    unlinkat(folder, OwnerLock.fileName, 0)
    unlinkat(parent, name, AT_REMOVEDIR)
  }

  /// Returns whether nothing is left, except for the lock of the outermost folder.
  private mutating func empty(_ folder: Int32, depth: Int) -> Bool {
    var isEmpty = true
    let isListed = Self.forEachName(in: folder) { name in
      guard step() else {
        isEmpty = false
        return false
      }
      let stays = depth == 0 && strcmp(name, OwnerLock.fileName) == 0
      if !stays, !remove(name, in: folder, depth: depth) { isEmpty = false }
      return true
    }
    return isListed && isEmpty
  }

  /// Returns whether there is no such name any more.
  private mutating func remove(_ name: UnsafePointer<CChar>, in folder: Int32, depth: Int) -> Bool {
    if unlinkat(folder, name, 0) == 0 || errno == ENOENT { return true }
    guard errno == EISDIR, depth < Self.maximumDepth else { return false }
    let inner = Self.open(name, in: folder)
    if inner >= 0 {
      defer { close(inner) }
      guard !(sparesOwned && OwnerLock.isHeld(in: inner)), empty(inner, depth: depth + 1) else { return false }
    }
    return unlinkat(folder, name, AT_REMOVEDIR) == 0 || errno == ENOENT
  }

  /// Calls `body` with each name in a folder but `.` and `..`, until it returns false. A name is good for that call alone.
  /// Returns whether the names could be read.
  @discardableResult
  static func forEachName(in folder: Int32, _ body: (UnsafePointer<CChar>) -> Bool) -> Bool {
    // A descriptor of its own, which is closed with the list and reads from the beginning.
    let copy = Self.open(".", in: folder)
    guard copy >= 0 else { return false }
    guard let list = fdopendir(copy) else {
      close(copy)
      return false
    }
    defer { closedir(list) }
    var goesOn = true
    while goesOn, let entry = readdir(list) {
      goesOn = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { name in
          strcmp(name, ".") == 0 || strcmp(name, "..") == 0 || body(name)
        }
      }
    }
    return true
  }
}
