import AsyncHTTPClient
import Logging
import NIOCore
import NIOHTTP1
import NIOPosix
import RopewalkConnector
import RopewalkConnectors
import RopewalkCore

/// Both clients post a JSON order of 111 bytes, from 32 tasks, and read the answer.
enum ClientSide {
  static let tasks = 32
  static let payload = Array(
    #"{"amount":1500,"customerId":"c-1","customerName":"Acme","lines":[{"qty":2,"price":100},{"qty":13,"price":100}]}"#.utf8
  )

  static func connector(port: Int, count: Int, group: MultiThreadedEventLoopGroup, onEventLoops: Bool) async throws {
    guard let connector = BuiltInConnectors(group: group, logger: Logger(label: "benchmark")).make(type: "http", role: .outgoing) else {
      throw BenchmarkError.failed
    }
    let settings: JSONObject = ["url": .string("http://127.0.0.1:\(port)/")]
    try await connector.connect(ConnectionConfiguration(name: "sink", type: "http", settings: settings))
    try await run("http connector\(onEventLoops ? " (on event loops)" : "")", count: count, group: onEventLoops ? group : nil) {
      try await connector.send(Message(payload: payload, contentType: "application/json"))
    }
    await connector.disconnect()
  }

  static func asyncHTTPClient(port: Int, count: Int, group: MultiThreadedEventLoopGroup) async throws {
    let client = HTTPClient(eventLoopGroup: group)
    try await run("async-http-client", count: count, group: nil) {
      var request = HTTPClientRequest(url: "http://127.0.0.1:\(port)/")
      request.method = .POST
      request.headers = HTTPHeaders([("Content-Type", "application/json"), ("Idempotency-Key", MessageID.next())])
      request.body = .bytes(payload)
      let response = try await client.execute(request, timeout: .seconds(30))
      _ = try await response.body.collect(upTo: 1 << 20)
      guard response.status == .accepted else { throw BenchmarkError.failed }
    }
    try await client.shutdown()
  }

  private static func run(
    _ name: String,
    count: Int,
    group: MultiThreadedEventLoopGroup?,
    _ send: @escaping @Sendable () async throws -> Void
  ) async throws {
    let time = ProcessorTime.now()
    try await withThrowingTaskGroup(of: Void.self) { tasks in
      for _ in 0..<Self.tasks {
        let executor = group.map { LoopExecutor(eventLoop: $0.next()) }
        tasks.addTask(executorPreference: executor) {
          for _ in 0..<count / Self.tasks { try await send() }
        }
      }
      try await tasks.waitForAll()
    }
    time.report(name, count: count / Self.tasks * Self.tasks)
  }
}

/// Runs tasks on an event loop.
final class LoopExecutor: TaskExecutor {
  private let eventLoop: any EventLoop

  init(eventLoop: any EventLoop) {
    self.eventLoop = eventLoop
  }

  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    eventLoop.execute { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
  }
}
