import NIOPosix
import RopewalkConnector
import RopewalkCore
import Synchronization

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// `stdio`, outgoing: messages go to the standard output.
final class StdioSinkConnector: ConnectionNode {
  static let information = PluginMetadata(
    id: "dev.ropewalk.stdio-sink",
    name: "stdio",
    supportedTypes: ["stdio"],
    description: "Writes messages to the standard output",
    documentation: "docs/guide/connectors.md#stdio",
    capabilities: [.retryable, .batching],
    configSchema: StdoutSettings.schema
  )

  private struct Connected: Sendable {
    var framing: Framing
    var writer: BatchWriter
    var threads: NIOThreadPool
  }

  private let streams: StandardStreams
  private let connected = Mutex<Connected?>(nil)

  init(streams: StandardStreams) {
    self.streams = streams
  }

  var metadata: PluginMetadata { Self.information }

  func validate(_ configuration: ConnectionConfiguration) async -> [ConfigurationProblem] {
    StdoutSettings.read(configuration.settings).problems
  }

  func connect(_ configuration: ConnectionConfiguration) async throws(ConnectionError) {
    guard connected.withLock({ $0 == nil }) else { return }
    let settings = try StdoutSettings.require(configuration)
    // A reader that goes away must be an error of one message, not the end of the process.
    signal(SIGPIPE, SIG_IGN)
    let threads = NIOThreadPool(numberOfThreads: 1)
    threads.start()
    let writer = BatchWriter(threads: threads) { [streams] (bytes) throws(FileSystemError) in try streams.write(bytes) }
    connected.withLock { $0 = Connected(framing: settings.framing, writer: writer, threads: threads) }
  }

  func disconnect() async {
    try? await connected.withLock { $0.take() }?.threads.shutdownGracefully()
  }

  func send(_ message: Message) async throws(ConnectionError) {
    guard let connected = connected.withLock({ $0 }) else {
      throw ConnectionError(.connectionFailed, "the connector 'stdio' is not connected", recoverable: true)
    }
    try await connected.writer.append(connected.framing.frame(message.payload))
  }

  func health() async -> ConnectionHealth {
    connected.withLock { $0 == nil } ? .unhealthy(reason: "not connected") : .healthy
  }
}
