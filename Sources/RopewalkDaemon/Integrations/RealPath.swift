#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Where a path leads on this machine, without links and dots.
struct RealPath: Sendable, Hashable {
  let text: String

  /// Of something that is there, or that can be made in a folder that is there.
  /// - Returns: nil where nobody can say where it leads.
  init?(_ path: String) {
    if let real = realpath(path, nil) {
      defer { free(real) }
      text = String(cString: real)
      return
    }
    guard errno == ENOENT, !Self.isLink(path), let (parent, name) = Self.split(path), let folder = RealPath(parent) else { return nil }
    text = folder.text == "/" ? "/\(name)" : "\(folder.text)/\(name)"
  }

  /// Whether the other is the same or lies below.
  func holds(_ other: RealPath) -> Bool {
    text == "/" || other.text == text || other.text.hasPrefix(text + "/")
  }

  /// The folder that it lies in.
  var parent: RealPath { Self.split(text).flatMap { RealPath($0.parent) } ?? self }

  var isFolder: Bool { access("\(text)/.", F_OK) == 0 }

  /// A link that leads nowhere: who writes to it makes what it leads to.
  private static func isLink(_ path: String) -> Bool {
    var byte: CChar = 0
    return readlink(path, &byte, 1) >= 0
  }

  private static func split(_ path: String) -> (parent: String, name: Substring)? {
    var path = path[...]
    while path.count > 1, path.last == "/" { path = path.dropLast() }
    let name = path.split(separator: "/").last ?? ""
    guard !["", ".", ".."].contains(name), path != "/" else { return nil }
    let parent = path.dropLast(name.count)
    return (parent.isEmpty ? "." : String(parent), name)
  }
}
