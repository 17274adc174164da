import RopewalkConnector
import RopewalkCore
import RopewalkPlugins

/// Hands over orders of 111 bytes from four tasks, customers in turn, as fast as they are taken.
struct Flood: ConnectionNode {
  static let tasks = 4
  static let payload = Array(
    #"{"amount":1500,"customerId":"c-1","customerName":"Acme","lines":[{"qty":2,"price":100},{"qty":13,"price":100}]}"#.utf8
  )

  let metadata = PluginMetadata(id: "flood", name: "flood", supportedTypes: [], description: "Messages without end.")
  let count: Int
  let customers: Int

  func validate(_ configuration: ConnectionConfiguration) async -> [ConfigurationProblem] { [] }
  func connect(_ configuration: ConnectionConfiguration) async throws(ConnectionError) {}
  func disconnect() async {}

  func receive(into inbox: Inbox) async throws(ConnectionError) {
    await withDiscardingTaskGroup { group in
      for task in 0..<Self.tasks {
        group.addTask {
          for number in stride(from: task, to: count, by: Self.tasks) {
            let customer = MessageHeaders.Field(name: "X-Customer-ID", value: "customer-\(number % customers)")
            let message = Message(id: "message-\(number)", payload: Self.payload, headers: MessageHeaders([customer]))
            while case .refused = await inbox.accept(message) { await Task.yield() }
          }
        }
      }
    }
  }
}

struct NoOpStep: LogicNode {
  func process(_ message: Message) async throws(LogicError) -> LogicOutcome { .pass }
}

struct NoOpDestination: ConnectionNode {
  let metadata = PluginMetadata(id: "sink", name: "sink", supportedTypes: [], description: "Takes everything.")

  func validate(_ configuration: ConnectionConfiguration) async -> [ConfigurationProblem] { [] }
  func connect(_ configuration: ConnectionConfiguration) async throws(ConnectionError) {}
  func disconnect() async {}
  func send(_ message: Message) async throws(ConnectionError) {}
}
