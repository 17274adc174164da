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
  /// Hands on the lines of a file that were not handed on before. Returns how far it came.
  ///
  /// A line's id is made of path, inode, place and content, so that reading the file again brings no new message.
  func readLines(of path: String, after last: Progress?, into inbox: PatientInbox) async throws(ConnectionError) -> Progress {
    let (file, status) = try await open(path)
    var progress = last ?? Progress(inode: status.inode)
    if progress.inode != status.inode { progress = Progress(inode: status.inode) }
    if status.size < progress.offset { progress = Progress(inode: status.inode, generation: progress.generation + 1) }
    guard status.size > progress.offset else {
      if !settings.follow { try await finish(path) }
      return progress
    }

    let prefix = Self.linePrefix(path, progress)
    var splitter = FrameSplitter(delimiter: UInt8(ascii: "\n"), maxSize: settings.maxSize.bytes, offset: progress.offset)
    var position = progress.offset
    var isAtEnd = false
    while !isAtEnd, !Task.isCancelled {
      let chunk = try await onThread { [position] () throws(FileSystemError) in try file.read(Self.chunkSize.bytes, at: position) }
      position += chunk.count
      isAtEnd = chunk.count < Self.chunkSize.bytes
      var frames = splitter.feed(chunk)
      if isAtEnd, !settings.follow, let rest = splitter.finish() { frames.append(rest) }
      try await handOn(frames, of: path, prefix: prefix, into: inbox)
      progress.offset = splitter.offset
    }
    if !settings.follow, !Task.isCancelled { try await finish(path) }
    return progress
  }

  private func handOn(
    _ frames: [FrameSplitter.Frame],
    of path: String,
    prefix: String,
    into inbox: PatientInbox
  ) async throws(ConnectionError) {
    var frames = frames[...]
    try await forEachElement(atMost: settings.parallel, next: { () async throws(ConnectionError) in frames.popFirst() }) { frame in
      switch frame {
      case .complete(let offset, let bytes):
        let id = "\(prefix)-\(offset)-\(Hexadecimal.encode(SHA256.hash(data: bytes).prefix(4)))"
        _ = await inbox.accept(message(bytes, id: id, path: path, offset: offset), from: "\(path) at byte \(offset)")
      case .tooLong(let offset, let size):
        inbox.leaveOut("line is longer than maxSize and was left out", size: size, from: "\(path) at byte \(offset)", source: name)
      }
    }
  }

  private static func linePrefix(_ path: String, _ progress: Progress) -> String {
    let generation = progress.generation == 0 ? "" : "\u{0}\(progress.generation)"
    return "file-" + Hexadecimal.encode(SHA256.hash(data: Array("\(path)\u{0}\(progress.inode)\(generation)".utf8)).prefix(8))
  }
}
