import RopewalkCore

#if canImport(Glibc)
  import Glibc
  import SwiftOverlayShims
#else
  import Darwin
#endif

/// An open file; closed with the last reference. Its calls block: they belong on a thread of their own.
final class FileDescriptor: Sendable {
  struct Status: Sendable, Equatable {
    var inode: UInt64
    var device: UInt64
    var size: Int
    var modified: Timestamp
    var isFolder: Bool
    var isRegular: Bool
  }

  let number: CInt
  let path: String

  /// Opens a file, or makes it.
  init(opening path: String, within fence: FolderFence?, flags: CInt, permissions: mode_t = 0o644) throws(FileSystemError) {
    let place = try FilePlace(path, within: fence)
    self.path = path
    number = openat(place.folder, place.name, flags | place.openFlags | O_CLOEXEC, permissions)
    guard number >= 0 else { throw FileSystemError("open", path) }
  }

  /// Opens a folder, to look through it and to make sure of what was changed in it. Links are followed; what they lead to
  /// must be behind the fence.
  init(openingFolder path: String, within fence: FolderFence?) throws(FileSystemError) {
    self.path = path
    number = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard number >= 0 else { throw FileSystemError("open", path) }
    guard let fence else { return }
    guard let realPath, fence.allows(realPath) else { throw FileSystemError("reach", path, ELOOP) }
  }

  deinit {
    if number >= 0 { close(number) }
  }

  func status() throws(FileSystemError) -> Status {
    var info = stat()
    guard fstat(number, &info) == 0 else { throw FileSystemError("look at", path) }
    return Self.status(info)
  }

  /// The status of what a path leads to; behind a fence, of a link itself.
  static func status(of path: String, within fence: FolderFence?) throws(FileSystemError) -> Status {
    let place = try FilePlace(path, within: fence)
    var info = stat()
    guard fstatat(place.folder, place.name, &info, place.statusFlags) == 0 else { throw FileSystemError("look at", path) }
    return status(info)
  }

  /// Whether a path leads to a folder.
  static func isFolder(_ path: String, within fence: FolderFence?) throws(FileSystemError) -> Bool {
    guard fence != nil else { return try status(of: path, within: nil).isFolder }
    do throws(FileSystemError) {
      _ = try FileDescriptor(openingFolder: path, within: fence)
      return true
    } catch {
      if error.number == ENOTDIR { return false }
      throw error
    }
  }

  /// Where what is open lies, without links and dots, whatever path led there; nil where the system does not say.
  var realPath: String? {
    withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(PATH_MAX)) { buffer in
      #if canImport(Glibc)
        let count = readlink("/proc/self/fd/\(number)", buffer.baseAddress!, buffer.count)
        guard count > 0, count < buffer.count else { return nil }
        return String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
      #else
        guard fcntl(number, F_GETPATH, buffer.baseAddress!) == 0 else { return nil }
        return String(cString: buffer.baseAddress!)
      #endif
    }
  }

  /// The names in a folder that was opened, hidden ones left out.
  func names() throws(FileSystemError) -> [String] {
    // It is closed with the list; this descriptor stays.
    let copy = fcntl(number, F_DUPFD_CLOEXEC, 0)
    guard copy >= 0, let list = fdopendir(copy) else { throw FileSystemError("list", path) }
    defer { closedir(list) }
    var names: [String] = []
    while let entry = readdir(list) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
        pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if !name.hasPrefix(".") { names.append(name) }
    }
    return names
  }

  /// At most `count` bytes from `offset`; fewer only at the end.
  func read(_ count: Int, at offset: Int) throws(FileSystemError) -> [UInt8] {
    var failure: CInt = 0
    let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
      while filled < count {
        let got = pread(number, buffer.baseAddress! + filled, count - filled, off_t(offset + filled))
        if got > 0 { filled += got }
        if got == 0 { break }
        if got < 0, errno != EINTR {
          failure = errno
          break
        }
      }
    }
    guard failure == 0 else { throw FileSystemError("read", path, failure) }
    return bytes
  }

  /// Writes all of it, waiting where the other end is slow.
  func write(_ bytes: [UInt8]) throws(FileSystemError) {
    if let failure = Self.write(bytes, to: number) { throw FileSystemError("write", path, failure) }
  }

  /// The error's number, if it went wrong.
  static func write(_ bytes: [UInt8], to number: CInt) -> CInt? {
    bytes.withUnsafeBytes { buffer in
      var written = 0
      while written < buffer.count {
        let count = systemWrite(number, UnsafeRawBufferPointer(rebasing: buffer[written...]))
        if count >= 0 {
          written += count
        } else if errno == EAGAIN {
          var descriptor = pollfd(fd: number, events: Int16(POLLOUT), revents: 0)
          poll(&descriptor, 1, -1)
        } else if errno != EINTR {
          return errno
        }
      }
      return nil
    }
  }

  /// Returns when what was written is on disk.
  func synchronise() throws(FileSystemError) {
    guard fsync(number) == 0 else { throw FileSystemError("sync", path) }
  }

  func truncate(to size: Int) throws(FileSystemError) {
    guard ftruncate(number, off_t(size)) == 0 else { throw FileSystemError("truncate", path) }
  }

  private static func status(_ info: stat) -> Status {
    #if canImport(Glibc)
      let time = info.st_mtim
    #else
      let time = info.st_mtimespec
    #endif
    return Status(
      inode: UInt64(info.st_ino),
      device: UInt64(info.st_dev),
      size: Int(info.st_size),
      modified: Timestamp(nanoseconds: Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)),
      isFolder: info.st_mode & S_IFMT == S_IFDIR,
      isRegular: info.st_mode & S_IFMT == S_IFREG
    )
  }
}

private func systemWrite(_ number: CInt, _ bytes: UnsafeRawBufferPointer) -> Int {
  write(number, bytes.baseAddress, bytes.count)
}
