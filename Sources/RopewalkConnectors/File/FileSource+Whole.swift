import Crypto
import Logging
import RopewalkConnector
import RopewalkCore

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

extension FileSource {
  /// Hands on a file as one message, unless that was done before or the file is still being written.
  ///
  /// The message id is made of path, inode, size and time of change: the same file again brings no new message.
  func readWhole(_ path: String, after last: Progress?, into inbox: PatientInbox) async throws(ConnectionError) -> Progress {
    let (file, status) = try await open(path)
    var progress = Progress(inode: status.inode)
    progress.done = last?.done
    guard last?.done != status else { return progress }
    if settings.follow, status.modified.advanced(by: settings.quietPeriod) > .now { return progress }
    guard status.size <= settings.maxSize.bytes else {
      inbox.leaveOut("file is larger than maxSize and was left where it is", size: status.size, from: path, source: name)
      progress.done = status
      return progress
    }
    let bytes = try await onThread { () throws(FileSystemError) in try file.read(status.size, at: 0) }
    let identity = "\(path)\u{0}\(status.inode)\u{0}\(status.size)\u{0}\(status.modified.nanoseconds)"
    let id = "file-" + Hexadecimal.encode(SHA256.hash(data: Array(identity.utf8)).prefix(16))
    switch await inbox.accept(message(bytes, id: id, path: path, offset: nil), from: path) {
    case .cancelled: return progress
    case .taken: try await finish(path)
    case .invalid:
      if settings.onDone != .keep {
        try await onThread { () throws(FileSystemError) in try FileMover.move(path, addingSuffix: Self.refusedSuffix, within: fence) }
      }
    }
    progress.done = status
    return progress
  }
}
