import RopewalkCore
import Synchronization

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// A file that whole lines are added to. A write that fails half-way is taken back; a file that was moved away is made anew.
final class AppendedFile: Sendable {
  private let path: String
  private let fence: FolderFence?
  private let sync: Bool
  private let file: Mutex<FileDescriptor?>

  /// Opens the file, or makes it.
  init(path: String, within fence: FolderFence?, sync: Bool) throws(FileSystemError) {
    self.path = path
    self.fence = fence
    self.sync = sync
    file = Mutex(try Self.open(path, within: fence))
  }

  /// Adds bytes that end with a line break.
  func append(_ bytes: [UInt8]) throws(FileSystemError) {
    let result: Result<Void, FileSystemError> = file.withLock { file in
      do throws(FileSystemError) {
        let current = try Self.current(file, path, within: fence)
        file = current
        try write(bytes, to: current)
        return .success(())
      } catch {
        return .failure(error)
      }
    }
    try result.get()
  }

  private func write(_ bytes: [UInt8], to file: FileDescriptor) throws(FileSystemError) {
    let size = try file.status().size
    do throws(FileSystemError) {
      try file.write(bytes)
      if sync { try file.synchronise() }
    } catch {
      // Half a line would spoil the next one.
      if (try? file.status())?.isRegular == true { try? file.truncate(to: size) }
      throw error
    }
  }

  private static func current(
    _ file: FileDescriptor?,
    _ path: String,
    within fence: FolderFence?
  ) throws(FileSystemError) -> FileDescriptor {
    if let file, let here = try? file.status(), let there = try? FileDescriptor.status(of: path, within: fence),
      here.inode == there.inode, here.device == there.device
    {
      return file
    }
    return try open(path, within: fence)
  }

  private static func open(_ path: String, within fence: FolderFence?) throws(FileSystemError) -> FileDescriptor {
    let file = try FileDescriptor(opening: path, within: fence, flags: O_RDWR | O_APPEND | O_CREAT)
    let status = try file.status()
    // A line that a crash cut off is ended, so that the next one starts on its own.
    if status.isRegular, status.size > 0, try file.read(1, at: status.size - 1) != [UInt8(ascii: "\n")] {
      try file.write([UInt8(ascii: "\n")])
    }
    return file
  }
}
