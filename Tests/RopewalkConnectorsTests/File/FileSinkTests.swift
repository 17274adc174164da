import Foundation
import RopewalkConnector
import RopewalkCore
import RopewalkTesting
import Testing

@testable import RopewalkConnectors

@Suite(.takesTurns) struct FileSinkTests {
  private func with<Result>(_ path: String, _ more: JSONObject = JSONObject(), _ body: (FileSinkConnector) async throws -> Result)
    async throws -> Result
  {
    var settings = more
    settings["path"] = .string(path)
    let connector = FileSinkConnector()
    let configuration = ConnectionConfiguration(name: "out", type: "file", settings: settings)
    #expect(await connector.validate(configuration) == [])
    try await connector.connect(configuration)
    let result = try await body(connector)
    await connector.disconnect()
    return result
  }

  private func message(_ text: String, id: String = MessageID.next(), customer: String = "acme") -> Message {
    Message(id: id, payload: Array(text.utf8), metadata: MessageMetadata(customerID: customer))
  }

  @Test(arguments: [true, false])
  func addsLines(sync: Bool) async throws {
    try await TestFolder.with { folder in
      try folder.write("before\n", to: "out.jsonl")
      try await with(folder.path("out.jsonl"), ["fsync": .bool(sync)]) { connector in
        try await connector.send(message("one"))
        try await connector.send(message("two"))
      }
      #expect(folder.read("out.jsonl") == "before\none\ntwo\n")
    }
  }

  @Test func keepsLinesWholeUnderLoad() async throws {
    try await TestFolder.with { folder in
      let lines = (0..<500).map { "\($0) " + String(repeating: "x", count: $0) }
      try await with(folder.path("out")) { connector in
        try await withThrowingTaskGroup(of: Void.self) { group in
          for line in lines { group.addTask { try await connector.send(self.message(line)) } }
          try await group.waitForAll()
        }
      }
      let written = try #require(folder.read("out"))
      #expect(written.hasSuffix("\n"))
      #expect(Set(written.split(separator: "\n").map(String.init)) == Set(lines))
    }
  }

  @Test func endsALineThatACrashCutOff() async throws {
    try await TestFolder.with { folder in
      try folder.write("whole\nhal", to: "out")
      try await with(folder.path("out")) { try await $0.send(message("next")) }
      #expect(folder.read("out") == "whole\nhal\nnext\n")
    }
  }

  @Test func makesAFileAnewThatWasMovedAway() async throws {
    try await TestFolder.with { folder in
      try await with(folder.path("out")) { connector in
        try await connector.send(message("one"))
        #expect(rename(folder.path("out"), folder.path("out.1")) == 0)
        try await connector.send(message("two"))
      }
      #expect(folder.read("out.1") == "one\n")
      #expect(folder.read("out") == "two\n")
    }
  }

  @Test func refusesAPayloadOfSeveralLines() async throws {
    try await TestFolder.with { folder in
      let error = try await with(folder.path("out")) { connector in
        await #expect(throws: ConnectionError.self) { try await connector.send(message("a\nb")) }
      }
      #expect(error?.code == .rejected)
      #expect(error?.recoverable == false)
      #expect(folder.read("out") == "")
    }
  }

  @Test func reportsAFullDiskAsRecoverable() async throws {
    guard FileManager.default.fileExists(atPath: "/dev/full") else { return }
    let error = try await with("/dev/full") { connector in
      await #expect(throws: ConnectionError.self) { try await connector.send(message("x")) }
    }
    #expect(error?.recoverable == true)
    #expect(error?.message == "cannot write /dev/full: no space is left; free some")
  }

  @Test(arguments: [("/nowhere/out", "no such file"), ("/", "it is a folder")])
  func namesAPathThatCannotBeWritten(path: String, reason: String) async throws {
    let error = await #expect(throws: ConnectionError.self) { try await with(path) { _ in } }
    #expect(error?.recoverable == true)
    #expect(error?.message.contains(path) == true)
    #expect(error?.message.contains(reason) == true)
  }

  @Test func writesAFilePerMessage() async throws {
    try await TestFolder.with { folder in
      try await with(folder.path, ["mode": "whole", "name": "{customer}/{id}.json"]) { connector in
        try await connector.send(message("1\n2", id: "a"))
        try await connector.send(message("new", id: "a"))
        try await connector.send(message("x", id: "b", customer: "beta"))
      }
      #expect(folder.names == ["acme", "beta"])
      #expect(folder.read("acme/a.json") == "new")
      #expect(folder.read("beta/b.json") == "x")
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path("acme")) == ["a.json"])
    }
  }

  @Test func neverLeavesTheFolder() async throws {
    let pattern = try FileNamePattern(parsing: "{customer}/{id}")
    for evil in ["../../etc/passwd", "/etc/passwd", "..", ".", ".bashrc", "a\0b", "", "a/b", String(repeating: "x", count: 500), "ü"] {
      let name = pattern.name(of: message("", id: evil, customer: evil))
      let parts = name.split(separator: "/", omittingEmptySubsequences: false)
      #expect(parts.count == 2)
      for part in parts {
        #expect(!part.isEmpty && !part.hasPrefix(".") && part.utf8.count < 200)
        #expect(part.utf8.allSatisfy { 0x21...0x7E ~= $0 })
      }
    }
    #expect(pattern.name(of: message("", id: "a/b")) != pattern.name(of: message("", id: "a_b")))
    #expect(pattern.name(of: message("", id: "a/b")) != pattern.name(of: message("", id: "a:b")))
  }

  @Test(arguments: ["{customer}", "../{id}", "/{id}", "a//{id}", "./{id}", "{id", "{ide}", "{id}/.."])
  func refusesPatterns(pattern: String) {
    let settings: JSONObject = ["path": "/tmp", "mode": "whole", "name": .string(pattern)]
    #expect(FileSinkSettings.read(settings).problems.map(\.path) == [["name"]])
  }
}
