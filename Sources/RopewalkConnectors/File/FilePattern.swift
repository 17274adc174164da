import RopewalkCore

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Which files a `path` names: one, those of a folder, or those of a folder whose names fit a pattern.
struct FilePattern: Sendable, Equatable {
  /// The folder that is looked through; nil for one file.
  private let folder: String?
  private let pattern: String
  private let path: String

  /// - Parameter isFolder: whether the path is a folder; a pattern is none.
  init(_ path: String, isFolder: Bool) {
    self.path = path
    let name = path.split(separator: "/").last ?? ""
    if isFolder {
      folder = path.hasSuffix("/") ? String(path.dropLast()) : path
      pattern = "*"
    } else if Self.isPattern(name) {
      let parent = String(path.dropLast(name.count))
      folder = parent.isEmpty ? "." : parent == "/" ? "/" : String(parent.dropLast())
      pattern = String(name)
    } else {
      folder = nil
      pattern = ""
    }
  }

  /// The paths of what is there now, by name. Hidden files are left out.
  func files(within fence: FolderFence?) throws(FileSystemError) -> [String] {
    guard let folder else { return [path] }
    let names = try FileDescriptor(openingFolder: folder, within: fence).names()
    return names.filter { fnmatch(pattern, $0, 0) == 0 }.sorted().map { "\(folder)/\($0)" }
  }

  static func isPattern(_ name: some StringProtocol) -> Bool {
    name.contains { "*?[".contains($0) }
  }

  var isSingleFile: Bool { folder == nil }
}
