import NIOPosix
import RopewalkConnector
import RopewalkCore
import Synchronization

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// `file`, outgoing: messages become lines or whole files.
final class FileSinkConnector: ConnectionNode {
  static let information = PluginMetadata(
    id: "dev.ropewalk.file-sink",
    name: "file",
    supportedTypes: ["file"],
    description: "Writes messages as lines or whole files",
    documentation: "docs/guide/connectors.md#file-outgoing",
    capabilities: [.retryable, .batching],
    configSchema: FileSinkSettings.schema
  )

  private enum Sink: Sendable {
    case lines(BatchWriter)
    case whole(FolderWriter, FileNamePattern)
  }

  private struct Connected: Sendable {
    var sink: Sink
    var threads: NIOThreadPool
  }

  private let fence: FolderFence?
  private let connected = Mutex<Connected?>(nil)

  /// - Parameter fence: what it may write in; nil for everything.
  init(within fence: FolderFence? = nil) {
    self.fence = fence
  }

  var metadata: PluginMetadata { Self.information }

  func validate(_ configuration: ConnectionConfiguration) async -> [ConfigurationProblem] {
    FileSinkSettings.read(configuration.settings).problems
  }

  /// Opens the file, or checks that the folder is there.
  func connect(_ configuration: ConnectionConfiguration) async throws(ConnectionError) {
    guard connected.withLock({ $0 == nil }) else { return }
    let settings = try FileSinkSettings.require(configuration)
    let threads = NIOThreadPool(numberOfThreads: 1)
    threads.start()
    do {
      let sink = try await threads.runIfActive { [fence] in try Self.open(settings, within: fence, threads) }
      connected.withLock { $0 = Connected(sink: sink, threads: threads) }
    } catch {
      try? await threads.shutdownGracefully()
      throw ConnectionError(.connectionFailed, "\(error)", recoverable: true)
    }
  }

  func disconnect() async {
    try? await connected.withLock { $0.take() }?.threads.shutdownGracefully()
  }

  func send(_ message: Message) async throws(ConnectionError) {
    guard let connected = connected.withLock({ $0 }) else {
      throw ConnectionError(.connectionFailed, "the connector 'file' is not connected", recoverable: true)
    }
    switch connected.sink {
    case .lines(let writer): try await writer.append(Framing.lines.frame(message.payload))
    case .whole(let folder, let pattern):
      let name = pattern.name(of: message)
      do {
        try await connected.threads.runIfActive { try folder.write(message.payload, as: name) }
      } catch let error as FileSystemError {
        throw ConnectionError(.sendFailed, error.description, recoverable: true)
      } catch {
        throw ConnectionError(.cancelled, "writing was given up", recoverable: true)
      }
    }
  }

  func health() async -> ConnectionHealth {
    connected.withLock { $0 == nil } ? .unhealthy(reason: "not connected") : .healthy
  }

  private static func open(
    _ settings: FileSinkSettings,
    within fence: FolderFence?,
    _ threads: NIOThreadPool
  ) throws(FileSystemError) -> Sink {
    switch settings.mode {
    case .lines:
      let file = try AppendedFile(path: settings.path, within: fence, sync: settings.sync)
      return .lines(BatchWriter(threads: threads) { (bytes) throws(FileSystemError) in try file.append(bytes) })
    case .whole:
      guard try FileDescriptor.isFolder(settings.path, within: fence) else { throw FileSystemError("write into", settings.path, ENOTDIR) }
      return .whole(FolderWriter(folder: settings.path, fence: fence, sync: settings.sync), settings.name)
    }
  }
}
