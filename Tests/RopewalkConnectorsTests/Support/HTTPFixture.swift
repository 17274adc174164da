import NIOCore
import NIOPosix
import RopewalkConnector
import RopewalkCore
import Testing

@testable import RopewalkConnectors

/// An `http` connector for the time of a test.
enum HTTPFixture {
  static let trace = "0af7651916cd43dd8448eb211c80319c"

  static func message(_ body: String = #"{"total":1500}"#, of customer: String = "") -> Message {
    Message(
      id: "order 1",
      payload: Array(body.utf8),
      contentType: "application/json",
      metadata: MessageMetadata(customerID: customer, correlationID: "c-7", traceID: Self.trace)
    )
  }

  /// Connects to a URL, runs `body`, disconnects.
  static func with<Result>(
    _ url: String,
    _ more: JSONObject = JSONObject(),
    timeout: Duration = .seconds(20),
    resolver: AddressResolver? = nil,
    _ body: (any ConnectionNode) async throws -> Result
  ) async throws -> Result {
    var settings = more
    settings["url"] = .string(url)
    let connectors = BuiltInConnectors(group: MultiThreadedEventLoopGroup.singleton, logger: .testing, resolver: resolver)
    let connector = try #require(connectors.make(type: "http", role: .outgoing))
    let configuration = ConnectionConfiguration(name: "erp", type: "http", settings: settings, timeout: timeout)
    #expect(await connector.validate(configuration) == [])
    try await connector.connect(configuration)
    do {
      let result = try await body(connector)
      await connector.disconnect()
      return result
    } catch {
      await connector.disconnect()
      throw error
    }
  }

  /// The error of sending one message to a sink that answers so.
  static func failure(_ action: TestSink.Action, _ settings: JSONObject = JSONObject()) async throws -> ConnectionError? {
    try await TestSink.with({ _, _ in action }) { _, port in
      try await with("http://127.0.0.1:\(port)/in", settings) { connector in
        await #expect(throws: ConnectionError.self) { try await connector.send(message()) }
      }
    }
  }
}
