import Logging
import NIOPosix
import RopewalkConnector
import RopewalkCore
import Synchronization

/// `file`, incoming: lines or whole files become messages.
final class FileSourceConnector: ConnectionNode {
  static let information = PluginMetadata(
    id: "dev.ropewalk.file-source",
    name: "file",
    supportedTypes: ["file"],
    description: "Reads messages from lines or whole files",
    documentation: "docs/guide/connectors.md#file-incoming",
    configSchema: FileSourceSettings.schema
  )

  private let logger: Logger
  private let fence: FolderFence?
  private let source = Mutex<FileSource?>(nil)

  /// - Parameter fence: what it may read and move in; nil for everything.
  init(logger: Logger, within fence: FolderFence? = nil) {
    self.logger = logger
    self.fence = fence
  }

  var metadata: PluginMetadata { Self.information }

  func validate(_ configuration: ConnectionConfiguration) async -> [ConfigurationProblem] {
    FileSourceSettings.read(configuration.settings).problems
  }

  /// Checks that there is something to read, or, with `follow`, that there can be.
  func connect(_ configuration: ConnectionConfiguration) async throws(ConnectionError) {
    guard source.withLock({ $0 == nil }) else { return }
    let settings = try FileSourceSettings.require(configuration)
    let threads = NIOThreadPool(numberOfThreads: 1)
    threads.start()
    let made = FileSource(settings: settings, fence: fence, name: configuration.name, threads: threads, logger: logger)
    do throws(ConnectionError) {
      try await made.check()
    } catch {
      try? await threads.shutdownGracefully()
      throw error
    }
    source.withLock { $0 = made }
  }

  func disconnect() async {
    try? await source.withLock { $0.take() }?.threads.shutdownGracefully()
  }

  func receive(into inbox: Inbox) async throws(ConnectionError) {
    guard let source = source.withLock({ $0 }) else {
      throw ConnectionError(.receiveFailed, "the connector 'file' is not connected")
    }
    do throws(ConnectionError) {
      try await source.run(into: inbox)
    } catch {
      if error.code != .cancelled { throw error }
    }
  }

  func health() async -> ConnectionHealth {
    source.withLock { $0 == nil } ? .unhealthy(reason: "not connected") : .healthy
  }
}
