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

  init(opening path: String, flags: CInt, permissions: mode_t = 0o644) throws(FileSystemError) {
    self.path = path
    number = open(path, flags | O_CLOEXEC, permissions)
    guard number >= 0 else { throw FileSystemError("open", path) }
  }

  deinit {
    if number >= 0 { close(number) }
  }

  func status() throws(FileSystemError) -> Status {
    var info = stat()
    guard fstat(number, &info) == 0 else { throw FileSystemError("look at", path) }
    return Self.status(info)
  }

  /// The status of what a path leads to.
  static func status(of path: String) throws(FileSystemError) -> Status {
    var info = stat()
    guard stat(path, &info) == 0 else { throw FileSystemError("look at", path) }
    return status(info)
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
