import RopewalkCore

#if canImport(Glibc)
  import Glibc
  import SwiftOverlayShims  // the clang module that `stat` is found through under MemberImportVisibility
#else
  import Darwin
#endif

/// Why a file could not be read, in words that follow the file's name.
struct FileProblem: Error, CustomStringConvertible {
  enum Kind { case absent, notAFile, unreadable, tooLarge }

  var kind: Kind
  var description: String
}

/// A regular file read whole, within a bound.
struct FileContents {
  var bytes: [UInt8]
  /// True when every user of the machine may read it.
  var isWorldReadable: Bool

  init(ofFile path: String, limit: ByteCount) throws(FileProblem) {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw Self.problem(errno) }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw Self.problem(errno) }
    if let problem = Self.problem(withMode: status.st_mode) { throw problem }
    isWorldReadable = status.st_mode & S_IROTH != 0
    bytes = try Self.read(descriptor, expecting: Int(status.st_size), limit: limit)
  }

  /// What keeps a path from being read as a file; nil when nothing does. Opens nothing.
  static func problem(withFile path: String) -> FileProblem? {
    var status = stat()
    guard stat(path, &status) == 0 else { return problem(errno) }
    if let problem = problem(withMode: status.st_mode) { return problem }
    return access(path, R_OK) == 0 ? nil : problem(errno)
  }

  /// Whether there is a file or folder.
  static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

  /// A path of the user's, relative to the folder of the file that names it.
  static func resolve(_ path: String, besideFile file: String) -> String {
    let bare = path.hasPrefix("./") ? String(path.dropFirst(2)) : path
    guard !path.hasPrefix("/"), let slash = file.lastIndex(of: "/") else { return bare }
    return file[...slash] + bare
  }

  /// The path from the root of the file system.
  static func absolute(_ path: String) -> String {
    guard !path.hasPrefix("/"), let folder = getcwd(nil, 0) else { return path }
    defer { free(folder) }
    return String(cString: folder) + "/" + path
  }

  /// The names in a folder, links and hidden ones included; nil when it is none that can be read.
  static func names(inFolder path: String) -> [String]? {
    guard let folder = opendir(path) else { return nil }
    defer { closedir(folder) }
    var names: [String] = []
    while let entry = readdir(folder) {
      names.append(
        withUnsafePointer(to: &entry.pointee.d_name) { name in
          name.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
        }
      )
    }
    return names
  }

  private static func read(_ descriptor: Int32, expecting size: Int, limit: ByteCount) throws(FileProblem) -> [UInt8] {
    let capacity = min(size, limit.bytes) + 1
    var bytes: [UInt8] = []
    while true {
      guard bytes.count <= limit.bytes else { throw FileProblem(kind: .tooLarge, description: "is larger than \(limit)") }
      var failure: Int32 = 0
      let chunk = [UInt8](unsafeUninitializedCapacity: max(capacity - bytes.count, 4096)) { buffer, count in
        let result = Self.readOnce(descriptor, into: buffer)
        failure = result < 0 ? errno : 0
        count = max(0, result)
      }
      guard failure == 0 else { throw problem(failure) }
      if chunk.isEmpty { return bytes }
      if bytes.isEmpty { bytes = chunk } else { bytes += chunk }
    }
  }

  private static func readOnce(_ descriptor: Int32, into buffer: UnsafeMutableBufferPointer<UInt8>) -> Int {
    while true {
      let count = readSome(descriptor, buffer)
      if count >= 0 || errno != EINTR { return count }
    }
  }

  private static func readSome(_ descriptor: Int32, _ buffer: UnsafeMutableBufferPointer<UInt8>) -> Int {
    #if canImport(Glibc)
      Glibc.read(descriptor, buffer.baseAddress, buffer.count)
    #else
      Darwin.read(descriptor, buffer.baseAddress, buffer.count)
    #endif
  }

  /// What is no regular file, such as a folder or a pipe.
  private static func problem(withMode mode: mode_t) -> FileProblem? {
    switch mode & S_IFMT {
    case S_IFREG: nil
    case S_IFDIR: FileProblem(kind: .notAFile, description: "is a folder")
    default: FileProblem(kind: .notAFile, description: "is no regular file")
    }
  }

  private static func problem(_ code: Int32) -> FileProblem {
    switch code {
    case ENOENT, ENOTDIR: FileProblem(kind: .absent, description: "does not exist")
    default: FileProblem(kind: .unreadable, description: "cannot be read: \(String(cString: strerror(code)))")
    }
  }
}
