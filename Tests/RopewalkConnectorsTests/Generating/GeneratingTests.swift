import NIOPosix
import RopewalkConnector
import RopewalkCore
import RopewalkTesting
import Testing

@testable import RopewalkConnectors

@Suite(.takesTurns) struct GeneratingTests {
  private func run(_ type: String, _ settings: JSONObject, into inbox: CollectingInbox) async throws {
    let connectors = BuiltInConnectors(group: MultiThreadedEventLoopGroup.singleton, logger: .testing)
    let connector = try #require(connectors.make(type: type, role: .incoming))
    let configuration = ConnectionConfiguration(name: "in", type: type, settings: settings)
    #expect(await connector.validate(configuration) == [])
    try await connector.connect(configuration)
    try await connector.receive(into: inbox.inbox)
    await connector.disconnect()
  }

  @Test func generatesForCustomersInTurn() async throws {
    let inbox = CollectingInbox()
    try await run(
      "generate",
      ["count": 6, "customers": 3, "parallel": 1, "payload": ["n": "{n}", "of": "{customer}", "x": ["{y}"]]],
      into: inbox
    )
    #expect(inbox.payloads == (1...6).map { #"{"n":"\#($0)","of":"customer-\#(($0 - 1) % 3 + 1)","x":["{y}"]}"# })
    #expect(inbox.messages.map { $0.headers["X-Customer-ID"] } == (0..<6).map { "customer-\($0 % 3 + 1)" })
  }

  @Test func losesNothingWhereTheInboxIsFull() async throws {
    let inbox = CollectingInbox { _, attempt in attempt % 2 == 0 ? nil : .refused(Refusal(.full, "wait", retryAfter: .zero)) }
    try await run("generate", ["count": 500, "payload": "{n}"], into: inbox)
    #expect(Set(inbox.payloads) == Set((1...500).map(String.init)))
  }

  @Test func keepsToARate() async throws {
    let clock = ContinuousClock()
    let time = try await clock.measure { try await run("generate", ["count": 21, "rate": 200], into: CollectingInbox()) }
    #expect(time >= .milliseconds(100))
  }

  @Test func tellsTheTimeRegularly() async throws {
    let inbox = CollectingInbox()
    let clock = ContinuousClock()
    let time = try await clock.measure {
      try await run("timer", ["interval": "10ms", "count": 4, "payload": "{n} {id} {time}", "immediate": true], into: inbox)
    }
    #expect(time >= .milliseconds(30))
    let first = try #require(inbox.messages.first)
    #expect(inbox.payloads.first == "1 \(first.id) \(first.timestamp)")
    #expect(inbox.messages.count == 4)
  }

  @Test func endsWhenCancelled() async throws {
    let inbox = CollectingInbox()
    let running = Task { try await run("timer", ["interval": "1ms"], into: inbox) }
    await inbox.waitForMessages(3)
    running.cancel()
    try await running.value
  }

  @Test func wantsAnInterval() {
    #expect(TimerSettings.read(["intervall": "5s"]).problems.map(\.path) == [["intervall"]])
    #expect(TimerSettings.read([:]).problems.map(\.path) == [["interval"]])
  }
}
