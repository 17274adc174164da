package import RopewalkConnector
import RopewalkCore
import Synchronization

/// `http-webhook`, incoming: each request becomes one message.
package final class WebhookConnector: ConnectionNode {
  static let information = PluginMetadata(
    id: "dev.ropewalk.http-webhook",
    name: "http-webhook",
    supportedTypes: ["http-webhook"],
    description: "Takes one message per HTTP request, and answers 202 once it is accepted",
    documentation: "docs/guide/connectors.md#http-webhook",
    capabilities: [.tls],
    configSchema: WebhookSettings.schema
  )

  private struct Attachment {
    var endpoint: WebhookEndpoint
    var listener: WebhookListener
    var address: ListenAddress
  }

  private let registry: ListenerRegistry
  private let attachment = Mutex<Attachment?>(nil)

  init(registry: ListenerRegistry) {
    self.registry = registry
  }

  package var metadata: PluginMetadata { Self.information }
  package let mayBlock = false

  /// Where it listens, with the port that the system chose for port 0; nil when it is not connected.
  package var boundAddress: ListenAddress? { attachment.withLock { $0?.address } }

  package func validate(_ configuration: ConnectionConfiguration) async -> [ConfigurationProblem] {
    let (settings, problems) = WebhookSettings.read(configuration.settings)
    return problems + (settings?.listener.tls.map { WebhookServer.makeTLS($0).problems } ?? [])
  }

  /// Listens; requests get 503 until ``receive(into:)`` runs.
  package func connect(_ configuration: ConnectionConfiguration) async throws(ConnectionError) {
    guard attachment.withLock({ $0 == nil }) else { return }
    let settings = try WebhookSettings.require(configuration)
    let endpoint = WebhookEndpoint(settings, source: configuration.name)
    let (listener, address) = try await registry.attach(endpoint, settings)
    attachment.withLock { $0 = Attachment(endpoint: endpoint, listener: listener, address: address) }
  }

  /// Turns new requests away, finishes those under way within 10 s, and ends ``receive(into:)``.
  package func disconnect() async {
    guard let attachment = attachment.withLock({ $0.take() }) else { return }
    await registry.detach(attachment.endpoint, from: attachment.listener)
  }

  package func receive(into inbox: Inbox) async throws(ConnectionError) {
    guard let endpoint = attachment.withLock({ $0?.endpoint }) else {
      throw ConnectionError(.receiveFailed, "the connector 'http-webhook' is not connected")
    }
    try await endpoint.receive(into: inbox)
  }

  package func health() async -> ConnectionHealth {
    guard let endpoint = attachment.withLock({ $0?.endpoint }) else { return .unhealthy(reason: "not connected") }
    return endpoint.isReceiving ? .healthy : .unhealthy(reason: "connected, but nothing receives its messages")
  }
}
