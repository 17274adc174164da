import Glibc

/// A new folder that only this user can enter, such as for the sockets of one plugin.
///
/// It belongs to this process until it is removed. Where the process is killed before, the next that makes a folder of the
/// same kind in the same place removes it; see ``AbandonedDirectories``.
package struct PrivateDirectory: Sendable {
  package let path: String
  /// Nil where the file system knows no locks: then the folder stays behind with a process that is killed.
  private let lock: OwnerLock?

  /// How often another name is tried because somebody sweeps the place at the same instant: 100.
  private static let maximumAttempts = 100

  /// Makes the folder under `parent`, `prefix` and six letters or digits being its name: short, because a socket's path is
  /// at most 107 bytes long. Throws `systemCallFailed`.
  package init(under parent: String, prefix: String = "gp-") throws(GoPluginError) {
    AbandonedDirectories(parent: parent, prefix: prefix).remove()
    (path, lock) = try Self.make(under: parent, prefix: prefix)
  }

  private static func make(under parent: String, prefix: String) throws(GoPluginError) -> (path: String, lock: OwnerLock?) {
    for _ in 0..<maximumAttempts {
      var template = Array("\(parent)/\(prefix)XXXXXX".utf8CString)
      // mkdtemp makes it with mode 0700.
      guard template.withUnsafeMutableBufferPointer({ mkdtemp($0.baseAddress!) }) != nil else {
        throw GoPluginError(.systemCallFailed, "no private folder can be made under \(parent): \(ErrorNumber(errno))")
      }
      let path = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
      switch OwnerLock.claim(path) {
      case .held(let lock): return (path, lock)
      case .unavailable: return (path, nil)
      case .swept: continue
      }
    }
    throw GoPluginError(.systemCallFailed, "what is made under \(parent) is removed at once, \(maximumAttempts) times")
  }

  /// Removes the folder and all that is in it; links are removed and not followed. What cannot be removed is left to the next
  /// that sweeps.
  package func remove() {
    let folder = DirectoryRemoval.open(path)
    guard folder >= 0 else { return }
    defer { close(folder) }
    // A plugin that was killed in a sandbox may end a moment after it is known to have ended, and then still owns its folder.
    var removal = DirectoryRemoval(steps: .max, sparesOwned: false)
    removal.remove(path, opened: folder)
  }
}

extension PrivateDirectory {
  /// Removes one socket where it is left behind.
  static func removeSocket(at path: String) { unlink(path) }
}
