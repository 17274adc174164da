import Logging
import NIOPosix
import RopewalkConnector
import RopewalkConnectors
import RopewalkCore
import Synchronization

/// Any of the built-in connectors; which one, its first configuration says.
final class BuiltInConnector: ConnectionNode {
  static let metadata = PluginMetadata(
    id: "ropewalk-connectors",
    name: "ropewalk-connectors",
    version: RopewalkVersion.current,
    supportedTypes: Set(ConnectorRole.allCases.flatMap { BuiltInConnectors.types(for: $0) }).subtracting(["stdio"]).sorted(),
    description: "The connectors that come with Ropewalk.",
    capabilities: [.retryable, .streaming]
  )

  /// One for all connections of the process: those with the same `listen` address share it.
  private static let connectors = BuiltInConnectors(
    group: MultiThreadedEventLoopGroup.singleton,
    logger: Logger(label: "ropewalk-connectors")
  )

  private let node = Mutex<(any ConnectionNode)?>(nil)

  var metadata: PluginMetadata { Self.metadata }
  var mayBlock: Bool { node.withLock { $0?.mayBlock } ?? true }

  func validate(_ configuration: ConnectionConfiguration) async -> [ConfigurationProblem] {
    guard let node = Self.make(configuration) else { return [ConfigurationProblem(path: [], Self.unknown(configuration).message)] }
    return await node.validate(configuration)
  }

  func connect(_ configuration: ConnectionConfiguration) async throws(ConnectionError) {
    guard let made = Self.make(configuration) else { throw Self.unknown(configuration) }
    let node = node.withLock { node in
      let current = node ?? made
      node = current
      return current
    }
    try await node.connect(configuration)
  }

  func disconnect() async {
    let node = node.withLock { $0.take() }
    await node?.disconnect()
  }

  func send(_ message: Message) async throws(ConnectionError) {
    try await connected().send(message)
  }

  func receive(into inbox: Inbox) async throws(ConnectionError) {
    try await connected().receive(into: inbox)
  }

  func health() async -> ConnectionHealth {
    await node.withLock({ $0 })?.health() ?? .healthy
  }

  private func connected() throws(ConnectionError) -> any ConnectionNode {
    if let node = node.withLock({ $0 }) { return node }
    throw ConnectionError(.connectionFailed, "the connection is not open", recoverable: true)
  }

  private static func make(_ configuration: ConnectionConfiguration) -> (any ConnectionNode)? {
    guard configuration.type != "stdio" else { return nil }
    return connectors.make(type: configuration.type, role: configuration.ends.contains(.incoming) ? .incoming : .outgoing)
  }

  private static func unknown(_ configuration: ConnectionConfiguration) -> ConnectionError {
    let role = configuration.ends.contains(.incoming) ? "incoming" : "outgoing"
    return ConnectionError(.invalidConfiguration, "there is no connector '\(configuration.type)' for \(role) in a process of its own")
  }
}
