import NIOCore
import RopewalkConnector
import RopewalkCore
import Synchronization

/// `http`, outgoing: one request per message.
final class HTTPConnector: ConnectionNode {
  static let information = PluginMetadata(
    id: "dev.ropewalk.http",
    name: "http",
    supportedTypes: ["http"],
    description: "Sends each message as one HTTP request",
    documentation: "docs/guide/connectors.md#http",
    capabilities: [.retryable, .tls],
    configSchema: HTTPSettings.schema
  )

  private let group: any EventLoopGroup
  private let resolver: AddressResolver
  private let destination = Mutex<HTTPDestination?>(nil)

  init(group: any EventLoopGroup, resolver: AddressResolver) {
    self.group = group
    self.resolver = resolver
  }

  var metadata: PluginMetadata { Self.information }
  let mayBlock = false

  func validate(_ configuration: ConnectionConfiguration) async -> [ConfigurationProblem] {
    let (settings, problems) = HTTPSettings.read(configuration.settings)
    return problems + [settings?.tls?.readAuthorities().problem].compactMap(\.self)
  }

  /// Makes ready; no connection is opened before the first message, so that a destination may be down at the start.
  func connect(_ configuration: ConnectionConfiguration) async throws(ConnectionError) {
    guard destination.withLock({ $0 == nil }) else { return }
    let settings = try HTTPSettings.require(configuration)
    let made = try HTTPDestination(settings, timeout: configuration.timeout, group: group, resolver: resolver)
    destination.withLock { $0 = made }
  }

  func disconnect() async {
    let old = destination.withLock { destination in
      defer { destination = nil }
      return destination
    }
    old?.shutDown()
  }

  func send(_ message: Message) async throws(ConnectionError) {
    guard let destination = destination.withLock({ $0 }) else {
      throw ConnectionError(.connectionFailed, "the connector 'http' is not connected", recoverable: true)
    }
    try await destination.send(message)
  }

  func health() async -> ConnectionHealth {
    destination.withLock { $0 == nil } ? .unhealthy(reason: "not connected") : .healthy
  }
}
