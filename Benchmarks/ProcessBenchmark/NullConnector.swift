import RopewalkConnector

/// Takes everything and does nothing with it; hands over messages of 1 KB as fast as the host has room for them.
struct NullConnector: ConnectionNode {
  let metadata = PluginMetadata(
    id: "null",
    name: "null",
    supportedTypes: ["null"],
    description: "Does nothing, for measuring",
    capabilities: [.bidirectional]
  )

  let mayBlock = false

  static func serve() async throws { try await ConnectorPlugin.serve(NullConnector()) }

  func validate(_ configuration: ConnectionConfiguration) async -> [ConfigurationProblem] { [] }
  func connect(_ configuration: ConnectionConfiguration) async throws(ConnectionError) {}
  func disconnect() async {}
  func send(_ message: Message) async throws(ConnectionError) {}

  func receive(into inbox: Inbox) async throws(ConnectionError) {
    let payload = [UInt8](repeating: 0x61, count: 1024)
    await withDiscardingTaskGroup { group in
      for _ in 0..<512 {
        group.addTask {
          while !Task.isCancelled {
            if case .refused = await inbox.accept(Message(id: "0", payload: payload)) { return }
          }
        }
      }
    }
  }
}
