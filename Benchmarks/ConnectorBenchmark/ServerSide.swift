import HTTPTypes
import HummingbirdCore
import Logging
import NIOCore
import NIOPosix
import RopewalkConnector
import RopewalkConnectors
import RopewalkCore
import ServiceLifecycle
import Synchronization

/// Both servers take a JSON order, count it, and answer 202.
enum ServerSide {
  static func webhook(port: Int, seconds: Int, group: MultiThreadedEventLoopGroup) async throws {
    guard let connector = BuiltInConnectors(group: group, logger: Logger(label: "benchmark")).make(type: "http-webhook", role: .incoming)
    else { throw BenchmarkError.failed }
    let settings: JSONObject = ["listen": .string("127.0.0.1:\(port)"), "endpoint": "/"]
    try await connector.connect(ConnectionConfiguration(name: "orders", type: "http-webhook", settings: settings))
    let count = Counter()
    let inbox = Inbox { _ in
      count.increment()
      return .accepted
    }
    let time = ProcessorTime.now()
    try await withThrowingTaskGroup(of: Void.self) { tasks in
      tasks.addTask { try await connector.receive(into: inbox) }
      try await Task.sleep(for: .seconds(seconds))
      time.report("webhook", count: count.value)
      await connector.disconnect()
      try await tasks.waitForAll()
    }
  }

  static func hummingbird(port: Int, seconds: Int, group: MultiThreadedEventLoopGroup) async throws {
    let count = Counter()
    let server = try HTTPServerBuilder.http1().buildServer(
      configuration: .init(address: .hostname("127.0.0.1", port: port)),
      eventLoopGroup: group,
      logger: Logger(label: "benchmark")
    ) { request, writer, _ in
      let body = try await request.body.collect(upTo: 1 << 20)
      count.increment()
      let text = "{\"id\":\"\(MessageID.next())\"}"
      let length = body.readableBytes == 0 ? 0 : text.utf8.count
      let fields: HTTPFields = [.contentType: "application/json", .contentLength: String(length)]
      var bodyWriter = try await writer.writeHead(.init(status: .accepted, headerFields: fields))
      try await bodyWriter.write(ByteBuffer(string: text))
      try await bodyWriter.finish(nil)
    }
    let time = ProcessorTime.now()
    try await withThrowingTaskGroup(of: Void.self) { tasks in
      tasks.addTask { try await server.run() }
      try await Task.sleep(for: .seconds(seconds))
      time.report("hummingbird", count: count.value)
      tasks.cancelAll()
    }
  }
}

final class Counter: Sendable {
  private let count = Atomic(0)

  var value: Int { count.load(ordering: .relaxed) }

  func increment() {
    count.wrappingAdd(1, ordering: .relaxed)
  }
}
