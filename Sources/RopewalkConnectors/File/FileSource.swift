import Logging
import NIOPosix
import RopewalkConnector
import RopewalkCore

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Reads messages out of files, on a thread of its own.
struct FileSource: Sendable {
  /// How much is read at once.
  static let chunkSize = ByteCount.kibibytes(256)
  /// What a file is renamed to that can never be taken, so that it neither blocks nor vanishes.
  static let refusedSuffix = ".refused"

  let settings: FileSourceSettings
  let fence: FolderFence?
  /// The connector's name in the integration.
  let name: String
  let threads: NIOThreadPool
  let logger: Logger

  /// How far a file was read.
  struct Progress {
    var inode: UInt64
    var offset = 0
    /// How often the file was cut short and begun anew.
    var generation = 0
    /// The whole file that was dealt with and stays where it is.
    var done: FileDescriptor.Status?
  }

  /// Returns when all is read, without `follow`; with it, when the task is cancelled.
  func run(into inbox: Inbox) async throws(ConnectionError) {
    let patient = PatientInbox(inbox: inbox, logger: logger)
    var progress: [String: Progress] = [:]
    while !Task.isCancelled {
      let paths = try await onThread { () throws(FileSystemError) in try files() }
      progress = progress.filter { paths.contains($0.key) }
      for path in paths where !Task.isCancelled {
        switch settings.mode {
        case .lines: progress[path] = try await readLines(of: path, after: progress[path], into: patient)
        case .whole: progress[path] = try await readWhole(path, after: progress[path], into: patient)
        }
      }
      guard settings.follow, (try? await Task.sleep(for: settings.pollInterval)) != nil else { return }
    }
  }

  /// - Throws: when there is nothing to read and, without `follow`, never will be.
  func check() async throws(ConnectionError) {
    do throws(ConnectionError) {
      _ = try await onThread { () throws(FileSystemError) in
        for path in try files() { _ = try FileDescriptor(opening: path, within: fence, flags: O_RDONLY) }
      }
    } catch {
      throw ConnectionError(.connectionFailed, error.message, recoverable: true)
    }
  }

  /// The files there are now, those left out that were done before.
  private func files() throws(FileSystemError) -> [String] {
    let isFolder = (try? FileDescriptor.isFolder(settings.path, within: fence)) ?? false
    let pattern = FilePattern(settings.path, isFolder: isFolder)
    if pattern.isSingleFile {
      // With `follow`, a file may come later; without, its absence is an error.
      if settings.follow, (try? FileDescriptor.status(of: settings.path, within: fence)) == nil { return [] }
      return [settings.path]
    }
    return try pattern.files(within: fence).filter { path in
      let isDone = settings.onDone == .rename && settings.doneFolder == nil && path.hasSuffix(settings.doneSuffix)
      return !isDone && !path.hasSuffix(Self.refusedSuffix) && (try? FileDescriptor.status(of: path, within: fence))?.isRegular == true
    }
  }

  /// A file to read, and its status at that time.
  func open(_ path: String) async throws(ConnectionError) -> (file: FileDescriptor, status: FileDescriptor.Status) {
    try await onThread { () throws(FileSystemError) in
      let file = try FileDescriptor(opening: path, within: fence, flags: O_RDONLY)
      return (file, try file.status())
    }
  }

  /// Runs file operations where they may block.
  func onThread<Result: Sendable>(
    _ body: @escaping @Sendable () throws(FileSystemError) -> Result
  ) async throws(ConnectionError) -> Result {
    do {
      return try await threads.runIfActive(body)
    } catch let error as FileSystemError {
      throw ConnectionError(.receiveFailed, error.description, recoverable: true)
    } catch {
      throw ConnectionError(.cancelled, "reading was stopped", recoverable: true)
    }
  }

  func message(_ bytes: [UInt8], id: String, path: String, offset: Int?) -> Message {
    let fileName = path.split(separator: "/").last.map(String.init) ?? path
    var headers = MessageHeaders([.init(name: MessageHeaders.reservedPrefix + "file-name", value: fileName)])
    if let offset { headers.append(name: MessageHeaders.reservedPrefix + "file-offset", value: String(offset)) }
    return Message(
      id: id,
      payload: bytes,
      contentType: settings.contentType ?? Self.contentType(of: fileName, isLine: offset != nil),
      metadata: MessageMetadata(source: name, correlationID: id),
      headers: headers
    )
  }

  private static func contentType(of fileName: String, isLine: Bool) -> String {
    switch fileName.split(separator: ".").last?.lowercased() {
    case "json", "jsonl", "ndjson": "application/json"
    case "xml": isLine ? "text/plain" : "application/xml"
    case "csv": isLine ? "text/plain" : "text/csv"
    case "yaml", "yml": isLine ? "text/plain" : "application/yaml"
    case "txt", "log": "text/plain"
    default: isLine ? "text/plain" : "application/octet-stream"
    }
  }

  /// Does with a file that was accepted what `onDone` says.
  func finish(_ path: String) async throws(ConnectionError) {
    try await onThread { [settings, fence] () throws(FileSystemError) in
      switch settings.onDone {
      case .keep: return
      case .delete: try FileMover.delete(path, within: fence)
      case .rename:
        if let folder = settings.doneFolder {
          try FileMover.move(path, into: folder, within: fence)
        } else {
          try FileMover.move(path, addingSuffix: settings.doneSuffix, within: fence)
        }
      }
    }
  }
}
