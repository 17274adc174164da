import Logging
import NIOPosix
import RopewalkConnector
import RopewalkConnectors
import RopewalkCore
import Synchronization

/// The webhook takes JSON orders into an inbox that counts them.
enum ServerSide {
  private static let count = Atomic(0)

  static func run(port: Int, seconds: Int, group: MultiThreadedEventLoopGroup) async throws {
    guard let connector = BuiltInConnectors(group: group, logger: Logger(label: "benchmark")).make(type: "http-webhook", role: .incoming)
    else { throw BenchmarkError.failed }
    let settings: JSONObject = ["listen": .string("127.0.0.1:\(port)"), "endpoint": "/"]
    try await connector.connect(ConnectionConfiguration(name: "orders", type: "http-webhook", settings: settings))
    let inbox = Inbox { _ in
      count.wrappingAdd(1, ordering: .relaxed)
      return .accepted
    }
    try await withThrowingTaskGroup(of: Void.self) { tasks in
      tasks.addTask { try await connector.receive(into: inbox) }
      try await Task.sleep(for: .seconds(seconds))
      print("\(count.load(ordering: .relaxed)) \(seconds)")
      await connector.disconnect()
      try await tasks.waitForAll()
    }
  }
}
