import Glibc

/// A new folder that only this user can enter, for the sockets of one plugin.
struct PrivateDirectory: Sendable {
  let path: String

  /// Makes the folder under `parent`. Its name is short because a socket's path is at most 107 bytes long.
  init(under parent: String) throws(GoPluginError) {
    var template = Array("\(parent)/gp-XXXXXX".utf8CString)
    // mkdtemp makes it with mode 0700.
    guard template.withUnsafeMutableBufferPointer({ mkdtemp($0.baseAddress!) }) != nil else {
      throw GoPluginError(.systemCallFailed, "no folder for a plugin's sockets under \(parent): \(ErrorNumber(errno))")
    }
    path = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
  }

  /// How deep the folders may lie that a plugin has made in it and that are removed with it.
  private static let maximumDepth = 16

  /// Removes the folder and all that is in it; links are removed and not followed.
  func remove() { Self.remove(path, depth: 0) }

  private static func remove(_ path: String, depth: Int) {
    if let folder = opendir(path) {
      while let entry = readdir(folder) {
        let name = withUnsafePointer(to: &entry.pointee.d_name) {
          $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
        }
        guard name != ".", name != "..", unlink("\(path)/\(name)") != 0, errno == EISDIR, depth < maximumDepth else { continue }
        remove("\(path)/\(name)", depth: depth + 1)
      }
      closedir(folder)
    }
    rmdir(path)
  }
}

extension PrivateDirectory {
  /// Removes one socket where it is left behind.
  static func removeSocket(at path: String) { unlink(path) }
}
