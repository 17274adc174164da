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

  /// Removes the folder and the files and sockets in it. What the plugin has put there as folders stays.
  func remove() {
    if let folder = opendir(path) {
      while let entry = readdir(folder) {
        let name = withUnsafePointer(to: &entry.pointee.d_name) {
          $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
        }
        if name != ".", name != ".." { unlink("\(path)/\(name)") }
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
