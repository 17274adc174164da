import RopewalkCore

#if canImport(Glibc)
  import Glibc
  import SwiftOverlayShims  // the clang module that `stat` is found through under MemberImportVisibility
#else
  import Darwin
#endif

/// Small files that only their owner may read (mode 0600), replaced as a whole.
enum PrivateFile {
  /// What tells one state of a file from another.
  struct Stamp: Hashable {
    var inode: UInt64
    var size: Int64
    var seconds: Int
    var nanoseconds: Int
  }

  /// Nil when there is no file.
  static func stamp(of path: String) -> Stamp? {
    var status = stat()
    guard stat(path, &status) == 0 else { return nil }
    #if canImport(Glibc)
      let time = status.st_mtim
    #else
      let time = status.st_mtimespec
    #endif
    return Stamp(inode: UInt64(status.st_ino), size: Int64(status.st_size), seconds: time.tv_sec, nanoseconds: time.tv_nsec)
  }

  /// Nil when there is no file.
  /// - Throws: `server.file`.
  static func read(_ path: String, limit: ByteCount = .mebibytes(1)) throws -> String? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
      if errno == ENOENT { return nil }
      throw failure("read", path)
    }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 65_536)
    while true {
      let count = systemRead(descriptor, &chunk)
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw failure("read", path) }
      if count == 0 { break }
      bytes += chunk[..<count]
      guard bytes.count <= limit.bytes else { throw RopewalkError(.serverFile, "\(path) is larger than \(limit)") }
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// Readers see the old file or the new one, never a part.
  /// - Throws: `server.file`.
  static func write(_ text: String, to path: String) throws {
    let new = "\(path).new"
    unlink(new)
    let descriptor = createForOwner(new)
    guard descriptor >= 0 else { throw failure("written", new) }
    let bytes = Array(text.utf8)
    var written = 0
    while written < bytes.count {
      let count = systemWrite(descriptor, bytes[written...])
      if count < 0, errno == EINTR { continue }
      guard count > 0 else {
        let error = failure("written", new)
        close(descriptor)
        throw error
      }
      written += count
    }
    fsync(descriptor)
    close(descriptor)
    guard rename(new, path) == 0 else { throw failure("written", path) }
  }

  /// Makes a folder that only its owner may enter, and those above it, where there is none.
  /// - Throws: `server.file`.
  static func makeFolder(_ path: String) throws {
    var made = path.hasPrefix("/") ? "/" : ""
    for part in path.split(separator: "/") {
      made += (made.isEmpty || made.hasSuffix("/") ? "" : "/") + part
      guard mkdir(made, 0o700) == 0 || errno == EEXIST || errno == EISDIR else { throw failure("made", made) }
    }
  }

  static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

  private static func createForOwner(_ path: String) -> Int32 { open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600) }

  private static func systemRead(_ descriptor: Int32, _ buffer: inout [UInt8]) -> Int {
    buffer.withUnsafeMutableBytes { bytes in
      #if canImport(Glibc)
        Glibc.read(descriptor, bytes.baseAddress, bytes.count)
      #else
        Darwin.read(descriptor, bytes.baseAddress, bytes.count)
      #endif
    }
  }

  private static func systemWrite(_ descriptor: Int32, _ bytes: ArraySlice<UInt8>) -> Int {
    bytes.withUnsafeBytes { bytes in
      #if canImport(Glibc)
        Glibc.write(descriptor, bytes.baseAddress, bytes.count)
      #else
        Darwin.write(descriptor, bytes.baseAddress, bytes.count)
      #endif
    }
  }

  private static func failure(_ verb: String, _ path: String) -> RopewalkError {
    RopewalkError(.serverFile, "\(path) cannot be \(verb): \(String(cString: strerror(errno)))")
  }
}

extension ErrorCode {
  static let serverFile = ErrorCode("server.file", .unavailable)
}
