import Glibc

/// The shared libraries that a program needs and that lie outside of the system's folders, such as Swift's own.
///
/// The program itself says where they are, and it is not to be trusted: a file is only taken for one of them when it is a
/// shared library by its content. So a program that names a private key as its library does not get it.
enum SharedLibraries {
  /// How many are followed: 512.
  private static let maximumCount = 512

  /// Returns the paths at which the loader will look for them, the program's path being `program`.
  static func paths(of program: String, isSystem: (String) -> Bool) -> [String] {
    guard let first = file(at: program) else { return [] }
    var found: [String] = []
    var seen: Set<String> = []
    var waiting = [(file: first, folder: folder(of: program))]
    // Old search paths hold for the libraries of libraries too.
    let inherited = expanded(first.searchPaths, folder: folder(of: program))
    while let (next, folder) = waiting.popLast(), found.count < maximumCount {
      let folders = expanded(next.searchPaths, folder: folder) + inherited
      for name in next.needed where seen.insert(name).inserted {
        for folder in folders {
          let path = "\(folder)/\(name)"
          guard let library = file(at: path) else { continue }
          if !isSystem(path) { found.append(path) }
          waiting.append((library, folder))
          break
        }
      }
    }
    return found
  }

  private static func expanded(_ paths: [String], folder: String) -> [String] {
    paths.compactMap { path in
      var path = path
      for variable in ["$ORIGIN", "${ORIGIN}"] where path.hasPrefix(variable) { path = folder + path.dropFirst(variable.count) }
      return path.hasPrefix("/") ? path : nil
    }
  }

  private static func folder(of path: String) -> String {
    path.lastIndex(of: "/").map { String(path[..<$0]) } ?? ""
  }

  private static func file(at path: String) -> ELFFile? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    return ELFFile(FileBytes(descriptor: descriptor))
  }
}
