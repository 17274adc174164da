import EventLoopTasks
import Logging
import NIOCore
import NIOPosix
import RopewalkConnector
import RopewalkConnectors
import RopewalkCore

/// The `http` connector posts a JSON order of 111 bytes from 32 tasks.
enum ClientSide {
  private static let tasks = 32
  private static let payload = Array(
    #"{"amount":1500,"customerId":"c-1","customerName":"Acme","lines":[{"qty":2,"price":100},{"qty":13,"price":100}]}"#.utf8
  )

  /// - Parameter onEventLoops: the tasks run on the event loops, as a pipeline's do that got its message from a webhook.
  static func run(port: Int, count: Int, group: MultiThreadedEventLoopGroup, onEventLoops: Bool) async throws {
    guard let connector = BuiltInConnectors(group: group, logger: Logger(label: "benchmark")).make(type: "http", role: .outgoing) else {
      throw BenchmarkError.failed
    }
    let settings: JSONObject = ["url": .string("http://127.0.0.1:\(port)/")]
    try await connector.connect(ConnectionConfiguration(name: "sink", type: "http", settings: settings))
    let start = ContinuousClock.now
    try await withThrowingTaskGroup(of: Void.self) { tasks in
      for _ in 0..<Self.tasks {
        tasks.addTask(executorPreference: onEventLoops ? EventLoopTaskExecutor(group.next()) : nil) {
          for _ in 0..<count / Self.tasks {
            try await connector.send(Message(payload: payload, contentType: "application/json"))
          }
        }
      }
      try await tasks.waitForAll()
    }
    print("\(count / tasks * tasks) \((ContinuousClock.now - start) / .seconds(1))")
    await connector.disconnect()
  }
}
