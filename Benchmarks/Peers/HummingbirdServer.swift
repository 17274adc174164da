import HTTPTypes
import HummingbirdCore
import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle
import Synchronization

/// Takes a JSON order, counts it, and answers 202 with an id, as `http-webhook` does.
enum HummingbirdServer {
  private static let count = Atomic(0)

  static func run(port: Int, seconds: Int, group: MultiThreadedEventLoopGroup) async throws {
    let server = try HTTPServerBuilder.http1().buildServer(
      configuration: .init(address: .hostname("127.0.0.1", port: port)),
      eventLoopGroup: group,
      logger: Logger(label: "benchmark")
    ) { request, writer, _ in
      let body = try await request.body.collect(upTo: 1 << 20)
      let number = count.wrappingAdd(1, ordering: .relaxed).newValue
      let text = "{\"id\":\"\(MessageNumber.text(number))\"}"
      let length = body.readableBytes == 0 ? 0 : text.utf8.count
      let fields: HTTPFields = [.contentType: "application/json", .contentLength: String(length)]
      var bodyWriter = try await writer.writeHead(.init(status: .accepted, headerFields: fields))
      try await bodyWriter.write(ByteBuffer(string: text))
      try await bodyWriter.finish(nil)
    }
    try await withThrowingTaskGroup(of: Void.self) { tasks in
      tasks.addTask { try await server.run() }
      try await Task.sleep(for: .seconds(seconds))
      print("\(count.load(ordering: .relaxed)) \(seconds)")
      tasks.cancelAll()
    }
  }
}

/// As long as the ids that Ropewalk gives its messages.
enum MessageNumber {
  static func text(_ number: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: 26 - digits.utf8.count) + digits
  }
}
