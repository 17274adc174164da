import RopewalkCore
import RopewalkTesting
import Testing

@testable import RopewalkNATS

@Suite(.enabled(if: NATSServer.executable != nil, "\(NATSServer.missing)"), .takesTurns(within: .seconds(300)))
struct ClientTests {
  private static let stream: StreamConfiguration = {
    var stream = StreamConfiguration(name: "test", subjects: ["test.>"])
    stream.maxMessages = 10_000
    return stream
  }()

  @Test func publishedMessagesComeOutOfAConsumer() async throws {
    try await NATSServer.run { server in
      let jetStream = try await JetStream(NATSConnection.connect(NATSOptions(servers: [server.url])))
      try await jetStream.ensure(Self.stream)
      try await jetStream.ensure(Self.stream)
      let publisher = try JetStreamPublisher(jetStream.connection)
      let messages = (0..<500).map { NATSOutgoing("test.\($0)", headers: [("Ropewalk", "note \($0)")], payload: Array("\($0)".utf8)) }
      let results = try await publisher.publish(messages)
      #expect(results == (1...500).map { .stored($0) })
      let consumer = try await PullConsumer(
        jetStream,
        stream: "test",
        ConsumerConfiguration(durable: "one", subjects: ["test.>"]),
        window: 64
      )
      var seen: [Delivered] = []
      while seen.count < 500 {
        let part = try await consumer.next(upTo: 40)
        for message in part { jetStream.connection.acknowledge(message, .done) }
        seen += part
      }
      #expect(seen.map(\.sequence) == Array(1...500))
      #expect(seen.map(\.note) == (0..<500).map { "note \($0)" })
      #expect(seen.map(\.payload) == messages.map(\.payload))
      #expect(seen.allSatisfy { $0.deliveries == 1 })
      // What is acknowledged is not delivered again.
      try await eventually { try await jetStream.ask("CONSUMER.INFO.test.one")["num_ack_pending"]?.int == 0 }
      consumer.close()
      jetStream.connection.close()
    }
  }

  @Test func duplicatesAndLimitsAreAnswered() async throws {
    try await NATSServer.run { server in
      var options = NATSOptions(servers: [server.url])
      options.limits.requestTimeout = .seconds(1)
      let jetStream = try await JetStream(NATSConnection.connect(options))
      var stream = Self.stream
      stream.maxMessages = 2
      try await jetStream.ensure(stream)
      let publisher = try JetStreamPublisher(jetStream.connection)
      let message = NATSOutgoing("test.a", headers: [("Nats-Msg-Id", "1")])
      #expect(
        try await publisher.publish([message, message, NATSOutgoing("test.b")]) == [.stored(1), .stored(1, isDuplicate: true), .stored(2)]
      )
      guard case .refused(let refusal) = try await publisher.publish(NATSOutgoing("test.c")) else { return #expect(Bool(false)) }
      #expect(refusal.isFull, "\(refusal)")
      guard case .refused(let unknown) = try await publisher.publish(NATSOutgoing("other.c")) else { return #expect(Bool(false)) }
      #expect(unknown.isUnavailable)
      #expect(try await publisher.publish(message) == .stored(1, isDuplicate: true))
      try await jetStream.delete(1, from: "test")
      try await jetStream.delete(1, from: "test")
      #expect(try await jetStream.message(1, of: "test") == nil)
      #expect(try await jetStream.message(2, of: "test")?.subject == "test.b")
      #expect(try await publisher.publish(NATSOutgoing("test.c")) == .stored(3))
      #expect(try await jetStream.messages(of: "test", subject: "test.*", from: 1, limit: 10).map(\.sequence) == [2, 3])
      #expect(try await jetStream.messages(of: "test", subject: "test.b", from: 3, limit: 10).isEmpty)
      jetStream.connection.close()
    }
  }
}
