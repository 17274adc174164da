import NIOPosix
import RopewalkConnector
import RopewalkCore
import RopewalkTesting
import Testing

@testable import RopewalkConnectors

/// A webhook that receives, for the time of a test.
enum WebhookFixture {
  static let group = MultiThreadedEventLoopGroup.singleton

  /// Settings for a port that the system chooses, at `/orders`, with more or other ones.
  static func settings(_ more: JSONObject = JSONObject()) -> JSONObject {
    var settings: JSONObject = ["listen": "127.0.0.1:0", "endpoint": "/orders"]
    for member in more.members { settings[member.key] = member.value }
    return settings
  }

  static func with<Result: Sendable>(
    _ settings: JSONObject = JSONObject(),
    inbox: CollectingInbox,
    _ body: (ListenAddress) async throws -> Result
  ) async throws -> Result {
    let registry = ListenerRegistry(group: group)
    let connector = WebhookConnector(registry: registry)
    try await connector.connect(ConnectionConfiguration(name: "orders", type: "http-webhook", settings: Self.settings(settings)))
    let address = try #require(connector.boundAddress)
    return try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await connector.receive(into: inbox.inbox) }
      do {
        try await eventually { await connector.health() == .healthy }
        let result = try await body(address)
        await connector.disconnect()
        try await group.waitForAll()
        return result
      } catch {
        await connector.disconnect()
        throw error
      }
    }
  }
}
