import RopewalkCore
import SystemPackage

/// Everything that a bundle was made from, so that a later start can tell whether it would become the same again.
struct BundleInputs: Equatable {
  /// Files by path, each with the digest of its content.
  var files: [String: String]
  /// Folders by path, each with the digest of the script names in it: a new file may be found before an old one.
  var folders: [String: String]

  init(files: [String: String], folders: [String: String]) {
    self.files = files
    self.folders = folders
  }

  /// Reads the given files and the folders around them.
  init(of paths: [FilePath], limit: ByteCount) throws(RopewalkError) {
    files = [:]
    folders = [:]
    for path in paths {
      files[path.string] = try Self.digest(ofFile: path, limit: limit)
      // An import of "./name" may name a file there, or a folder one above.
      for folder in [path.removingLastComponent(), path.removingLastComponent().removingLastComponent()] {
        folders[folder.string] = Self.digest(ofFolder: folder)
      }
    }
  }

  /// Whether every file and folder is still as it was.
  func areCurrent(limit: ByteCount) -> Bool {
    files.allSatisfy { (try? Self.digest(ofFile: FilePath($0.key), limit: limit)) == $0.value }
      && folders.allSatisfy { Self.digest(ofFolder: FilePath($0.key)) == $0.value }
  }

  static func digest(of text: String) -> String { CodeDigest.hexadecimal(of: Array(text.utf8)) }

  private static func digest(ofFile path: FilePath, limit: ByteCount) throws(RopewalkError) -> String {
    CodeDigest.hexadecimal(of: try path.contents(limit: limit))
  }

  private static func digest(ofFolder path: FilePath) -> String {
    let extensions: Set = ["ts", "tsx", "mts", "cts", "js", "jsx", "mjs", "cjs", "json"]
    return digest(of: path.entries.filter { extensions.contains(FilePath($0).extension ?? "") }.joined(separator: "/"))
  }
}
