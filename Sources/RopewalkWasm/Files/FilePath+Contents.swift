package import RopewalkCore
import SystemPackage

#if canImport(Glibc)
  import Glibc
  import SwiftOverlayShims
#else
  import Darwin
#endif

extension ErrorCode {
  /// A file that a step needs could not be read.
  package static let fileUnreadable = ErrorCode("file.unreadable", .notFound)
  /// A file is larger than its limit.
  package static let fileTooLarge = ErrorCode("file.too-large", .invalid)
  /// A file of the data folder could not be written.
  package static let fileUnwritable = ErrorCode("file.unwritable", .unavailable)
}

extension FilePath {
  /// All bytes of a regular file.
  /// - Throws: ``RopewalkError`` when it cannot be read or is larger than `limit`.
  func contents(limit: ByteCount) throws(RopewalkError) -> [UInt8] {
    do {
      let file = try FileDescriptor.open(self, .readOnly, options: .closeOnExec)
      return try file.closeAfter { try file.readToEnd(of: self, limit: limit) }
    } catch let error as RopewalkError {
      throw error
    } catch {
      throw RopewalkError(.fileUnreadable, "cannot read '\(self)': \(error)")
    }
  }

  /// Replaces the file in one step, readable by its owner alone.
  func replaceContents(_ bytes: [UInt8]) throws(RopewalkError) {
    let temporary = FilePath("\(self).\(getpid())-\(UInt32.random(in: .min ... .max))")
    do {
      let file = try FileDescriptor.open(
        temporary,
        .writeOnly,
        options: [.create, .exclusiveCreate, .closeOnExec],
        permissions: .ownerReadWrite
      )
      _ = try file.closeAfter { try file.writeAll(bytes) }
      guard rename(temporary.string, string) == 0 else { throw Errno(rawValue: errno) }
    } catch {
      unlink(temporary.string)
      throw RopewalkError(.fileUnwritable, "cannot write '\(self)': \(error)")
    }
  }

  /// Creates the folder and those above it, for its owner alone.
  func createFolder() throws(RopewalkError) {
    if mkdir(string, 0o700) == 0 || errno == EEXIST { return }
    let parent = removingLastComponent()
    if errno == ENOENT, !parent.isEmpty, parent != self {
      try parent.createFolder()
      if mkdir(string, 0o700) == 0 || errno == EEXIST { return }
    }
    throw RopewalkError(.fileUnwritable, "cannot create the folder '\(self)': \(Errno(rawValue: errno))")
  }

  /// The path without links, `.` and `..`; nil when there is no such file.
  var resolved: FilePath? {
    guard let buffer = realpath(string.isEmpty ? "." : string, nil) else { return nil }
    defer { free(buffer) }
    return FilePath(String(cString: buffer))
  }

  /// Size and time of change, which say whether a file is still the same; nil when there is none.
  var fingerprint: String? {
    guard let status = try? stat() else { return nil }
    return "\(status.size)-\(status.st_mtim.tv_sec)-\(status.st_mtim.tv_nsec)-\(status.inode.rawValue)"
  }

  var isRegularFile: Bool { (try? stat())?.type == .regular }

  var isFolder: Bool { (try? stat())?.type == .directory }

  /// Removes a folder with everything in it, as far as that can be done; links are removed, not followed.
  func removeTree() {
    for name in entries {
      let path = appending(name)
      if unlink(path.string) != 0 { path.removeTree() }
    }
    rmdir(string)
  }

  var isExecutable: Bool { access(string, X_OK) == 0 }

  /// The names in a folder, sorted; none when it cannot be read.
  var entries: [String] {
    guard let folder = opendir(string) else { return [] }
    defer { closedir(folder) }
    var names: [String] = []
    while let entry = readdir(folder) {
      names.append(
        withUnsafePointer(to: &entry.pointee.d_name) { String(cString: UnsafeRawPointer($0).assumingMemoryBound(to: CChar.self)) }
      )
    }
    return names.filter { $0 != "." && $0 != ".." }.sorted()
  }
}

extension FileDescriptor {
  fileprivate func readToEnd(of path: FilePath, limit: ByteCount) throws -> [UInt8] {
    let size = try seek(offset: 0, from: .end)
    guard size <= limit.bytes else {
      throw RopewalkError(.fileTooLarge, "'\(path)' has \(size) bytes, more than the limit of \(limit)")
    }
    return try [UInt8](unsafeUninitializedCapacity: Int(size)) { buffer, count in
      while count < buffer.count {
        let read = try self.read(
          fromAbsoluteOffset: Int64(count),
          into: UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(buffer)[count...])
        )
        guard read > 0 else { return }
        count += read
      }
    }
  }
}
