import Foundation
import RopewalkConnector
import RopewalkCore
import RopewalkTesting
import Testing

@testable import RopewalkConnectors

@Suite(.takesTurns) struct StdioTests {
  private func source(_ input: CInt, _ settings: JSONObject = JSONObject()) async throws -> StdioSourceConnector {
    let connector = StdioSourceConnector(streams: StandardStreams(input: input, output: 1), logger: .testing)
    try await connector.connect(ConnectionConfiguration(name: "in", type: "stdio", settings: settings))
    return connector
  }

  @Test(
    arguments: [
      (JSONObject(), ["one", "two", "last"]), (["framing": "nul"], ["one\ntwo\r\nlast"]), (["framing": "raw"], ["one\ntwo\r\nlast"]),
      (["parallel": 3], ["last", "one", "two"]),
    ] as [(JSONObject, [String])]
  )
  func readsUntilTheEnd(settings: JSONObject, expected: [String]) async throws {
    let pipe = Pipe()
    try pipe.fileHandleForWriting.write(contentsOf: Data("one\ntwo\r\nlast".utf8))
    try pipe.fileHandleForWriting.close()
    let connector = try await source(pipe.fileHandleForReading.fileDescriptor, settings)
    let inbox = CollectingInbox()
    try await connector.receive(into: inbox.inbox)
    await connector.disconnect()
    #expect(settings["parallel"] == nil ? inbox.payloads == expected : inbox.payloads.sorted() == expected)
  }

  @Test func readsAFileAsInput() async throws {
    try await TestFolder.with { folder in
      let lines = (0..<5000).map { "line \($0)" }
      try folder.write(lines.joined(separator: "\n"), to: "in")
      let file = try #require(FileHandle(forReadingAtPath: folder.path("in")))
      let connector = try await source(file.fileDescriptor)
      let inbox = CollectingInbox { _, attempt in attempt % 100 == 1 ? .refused(Refusal(.full, "wait", retryAfter: .milliseconds(1))) : nil
      }
      try await connector.receive(into: inbox.inbox)
      await connector.disconnect()
      #expect(inbox.payloads == lines)
    }
  }

  @Test func endsWhenCancelledWhileNothingComes() async throws {
    let pipe = Pipe()
    let connector = try await source(pipe.fileHandleForReading.fileDescriptor)
    let inbox = CollectingInbox()
    let receiving = Task { try await connector.receive(into: inbox.inbox) }
    try pipe.fileHandleForWriting.write(contentsOf: Data("one\nhalf".utf8))
    await inbox.waitForMessages(1)
    receiving.cancel()
    try await receiving.value
    await connector.disconnect()
    #expect(inbox.payloads == ["one"])
  }

  @Test func readsTheInputOnce() async throws {
    let pipe = Pipe()
    let streams = StandardStreams(input: pipe.fileHandleForReading.fileDescriptor, output: 1)
    let configuration = ConnectionConfiguration(name: "in", type: "stdio")
    let first = StdioSourceConnector(streams: streams, logger: .testing)
    try await first.connect(configuration)
    let second = StdioSourceConnector(streams: streams, logger: .testing)
    let error = await #expect(throws: ConnectionError.self) { try await second.connect(configuration) }
    #expect(error?.message.contains("another connector reads") == true)
    await first.disconnect()
    try await second.connect(configuration)
    await second.disconnect()
  }

  @Test(arguments: [("lines", "a\nb\n"), ("nul", "a\0b\0"), ("raw", "ab")])
  func writes(framing: String, expected: String) async throws {
    let pipe = Pipe()
    let connector = StdioSinkConnector(streams: StandardStreams(input: 0, output: pipe.fileHandleForWriting.fileDescriptor))
    try await connector.connect(ConnectionConfiguration(name: "out", type: "stdio", settings: ["framing": .string(framing)]))
    for text in ["a", "b"] { try await connector.send(Message(payload: Array(text.utf8))) }
    await connector.disconnect()
    try pipe.fileHandleForWriting.close()
    #expect(try pipe.fileHandleForReading.readToEnd() == Data(expected.utf8))
  }

  @Test func reportsAReaderThatIsGone() async throws {
    let pipe = Pipe()
    try pipe.fileHandleForReading.close()
    let connector = StdioSinkConnector(streams: StandardStreams(input: 0, output: pipe.fileHandleForWriting.fileDescriptor))
    try await connector.connect(ConnectionConfiguration(name: "out", type: "stdio"))
    let error = await #expect(throws: ConnectionError.self) { try await connector.send(Message(payload: [1])) }
    #expect(error?.message.contains("whoever read it is gone") == true)
    await connector.disconnect()
  }
}
