import Foundation
import NIOPosix
import RopewalkConnector
import RopewalkCore
import RopewalkTesting
import Testing

@testable import RopewalkConnectors

@Suite(.takesTurns(within: .seconds(60))) struct FileSourceTests {
  /// Reads with these settings until the source ends.
  private func read(_ path: String, _ more: JSONObject = JSONObject(), into inbox: CollectingInbox) async throws {
    var settings = more
    settings["path"] = .string(path)
    let connector = FileSourceConnector(logger: .testing)
    let configuration = ConnectionConfiguration(name: "in", type: "file", settings: settings)
    #expect(await connector.validate(configuration) == [])
    try await connector.connect(configuration)
    do {
      try await connector.receive(into: inbox.inbox)
      await connector.disconnect()
    } catch {
      await connector.disconnect()
      throw error
    }
  }

  /// Reads with `follow` while `body` runs, then cancels.
  private func follow(
    _ path: String,
    _ more: JSONObject = JSONObject(),
    into inbox: CollectingInbox,
    _ body: @escaping () async throws -> Void
  ) async throws {
    var settings = more
    settings["follow"] = true
    settings["pollInterval"] = "2ms"
    settings["quietPeriod"] = "0s"
    let reading = Task { [settings] in try await read(path, settings, into: inbox) }
    try await body()
    reading.cancel()
    try await reading.value
  }

  @Test func readsLines() async throws {
    try await TestFolder.with { folder in
      try folder.write(Array("one\r\ntwo\n\n".utf8) + [0xFF, 0xFE, 10] + Array("last".utf8), to: "in.csv")
      let inbox = CollectingInbox()
      try await read(folder.path("in.csv"), into: inbox)
      #expect(inbox.messages.map(\.payload) == [Array("one".utf8), Array("two".utf8), [0xFF, 0xFE], Array("last".utf8)])
      #expect(inbox.messages[1].headers["ropewalk-file-name"] == "in.csv")
      #expect(inbox.messages[1].headers["ropewalk-file-offset"] == "5")
      #expect(inbox.messages[1].metadata.source == "in")
      #expect(folder.names == ["in.csv"])
    }
  }

  @Test func namesLinesTheSameAtEachStart() async throws {
    try await TestFolder.with { folder in
      try folder.write("one\none\ntwo\n", to: "in.log")
      let inbox = CollectingInbox()
      for _ in 0..<2 { try await read(folder.path("in.log"), into: inbox) }
      #expect(inbox.payloads == ["one", "one", "two"])
      try folder.append("three\n", to: "in.log")
      try await read(folder.path("in.log"), into: inbox)
      #expect(inbox.payloads == ["one", "one", "two", "three"])
      // The same file, its content replaced: new messages.
      try folder.write("uno\n", to: "in.log")
      try await read(folder.path("in.log"), into: inbox)
      #expect(inbox.payloads.last == "uno")
    }
  }

  @Test(arguments: [1, 8])
  func waitsWhereTheInboxIsFull(parallel: Int) async throws {
    try await TestFolder.with { folder in
      let lines = (0..<500).map { "line \($0)" }
      try folder.write(lines.joined(separator: "\n"), to: "in.log")
      let inbox = CollectingInbox { _, attempt in
        attempt % 3 == 0 ? nil : .refused(Refusal(attempt % 3 == 1 ? .full : .unavailable, "wait", retryAfter: .milliseconds(1)))
      }
      try await read(folder.path("in.log"), ["parallel": .number(JSONNumber(parallel))], into: inbox)
      #expect(parallel == 1 ? inbox.payloads == lines : Set(inbox.payloads) == Set(lines))
    }
  }

  @Test func leavesOutWhatCanNeverBeTaken() async throws {
    try await TestFolder.with { folder in
      try folder.write("a\nb\n\(String(repeating: "x", count: 50))\nc\n", to: "in.log")
      let inbox = CollectingInbox { message, _ in message.payload == Array("b".utf8) ? .refused(Refusal(.invalid, "no")) : nil }
      try await read(folder.path("in.log"), ["maxSize": 49], into: inbox)
      #expect(inbox.payloads == ["a", "c"])
    }
  }

  @Test func renamesFilesOfLinesWhenAllIsAccepted() async throws {
    try await TestFolder.with { folder in
      try folder.write("a\nb", to: "1.log")
      try folder.write("c", to: "2.log")
      try folder.write("", to: "3.log")
      try folder.write("d", to: "other.txt")
      let inbox = CollectingInbox()
      try await read(folder.path("*.log"), ["onDone": "rename"], into: inbox)
      #expect(inbox.payloads == ["a", "b", "c"])
      #expect(folder.names == ["1.log.done", "2.log.done", "3.log.done", "other.txt"])
    }
  }

  @Test func followsAFile() async throws {
    try await TestFolder.with { folder in
      let inbox = CollectingInbox()
      try await follow(folder.path("in.log"), into: inbox) {
        try folder.write("a\nhal", to: "in.log")
        await inbox.waitForMessages(1)
        try folder.append("f\n", to: "in.log")
        await inbox.waitForMessages(2)
        // Cut short and begun anew.
        try FileHandle(forWritingAtPath: folder.path("in.log"))?.truncate(atOffset: 0)
        try folder.append("a\n", to: "in.log")
        await inbox.waitForMessages(3)
        // Replaced by another file.
        try folder.write("a\n", to: "new.log")
        #expect(rename(folder.path("new.log"), folder.path("in.log")) == 0)
        await inbox.waitForMessages(4)
      }
      #expect(inbox.payloads == ["a", "half", "a", "a"])
    }
  }

  @Test func readsWholeFilesByName() async throws {
    try await TestFolder.with { folder in
      for name in ["b.xml", "a.xml", ".hidden.xml", "c.txt"] { try folder.write("<\(name)/>\r\n", to: name) }
      let inbox = CollectingInbox()
      try await read(folder.path("*.xml"), ["mode": "whole"], into: inbox)
      #expect(inbox.payloads == ["<a.xml/>\r\n", "<b.xml/>\r\n"])
      #expect(inbox.messages.first?.contentType == "application/xml")
      #expect(folder.names == [".hidden.xml", "a.xml.done", "b.xml.done", "c.txt"])
    }
  }

  @Test(arguments: [("keep", ["a.xml", "out"]), ("delete", ["out"])])
  func doesWithDoneFilesWhatItIsTold(action: String, names: [String]) async throws {
    try await TestFolder.with { folder in
      try folder.write("x", to: "a.xml")
      try FileManager.default.createDirectory(atPath: folder.path("out"), withIntermediateDirectories: false)
      let inbox = CollectingInbox()
      for _ in 0..<2 { try await read(folder.path, ["mode": "whole", "onDone": .string(action)], into: inbox) }
      #expect(inbox.payloads == ["x"])
      #expect(folder.names == names)
    }
  }

  @Test func movesDoneFilesWithoutWritingOverOthers() async throws {
    try await TestFolder.with { folder in
      try FileManager.default.createDirectory(atPath: folder.path("out"), withIntermediateDirectories: false)
      let inbox = CollectingInbox()
      for text in ["1", "2", "3"] {
        try folder.write(text, to: "a.xml")
        try await read(folder.path, ["mode": "whole", "doneFolder": .string(folder.path("out"))], into: inbox)
      }
      #expect(inbox.payloads == ["1", "2", "3"])
      #expect(folder.names == ["out"])
      #expect(folder.read("out/a.xml") == "1")
      #expect(folder.read("out/a.xml.3") == "3")
    }
  }

  @Test func keepsAFileThatWasNotAccepted() async throws {
    try await TestFolder.with { folder in
      try folder.write("x", to: "a.xml")
      try folder.write("y", to: "b.xml")
      try folder.write("too large", to: "c.xml")
      let inbox = CollectingInbox { message, _ in message.payload == Array("x".utf8) ? .refused(Refusal(.invalid, "no")) : nil }
      try await read(folder.path, ["mode": "whole", "maxSize": 3], into: inbox)
      #expect(inbox.payloads == ["y"])
      #expect(folder.names == ["a.xml.refused", "b.xml.done", "c.xml"])
    }
  }

  @Test func followsAFolder() async throws {
    try await TestFolder.with { folder in
      let inbox = CollectingInbox()
      try await follow(folder.path, ["mode": "whole", "onDone": "keep"], into: inbox) {
        for number in 1...3 {
          try folder.write("\(number)", to: "\(number).xml")
          await inbox.waitForMessages(number)
        }
      }
      #expect(inbox.payloads == ["1", "2", "3"])
    }
  }

  @Test func leavesAFileThatIsStillBeingWritten() async throws {
    try await TestFolder.with { folder in
      try folder.write("x", to: "new.xml")
      try folder.write("y", to: "old.xml")
      try FileManager.default.setAttributes([.modificationDate: Date(timeIntervalSinceNow: -1000)], ofItemAtPath: folder.path("old.xml"))
      let inbox = CollectingInbox()
      let settings: JSONObject = ["mode": "whole", "follow": true, "pollInterval": "2ms", "quietPeriod": "600s"]
      let reading = Task { try await read(folder.path, settings, into: inbox) }
      await inbox.waitForMessages(1)
      // It is renamed after it was accepted.
      while !folder.names.contains("old.xml.done") {
        try Task.checkCancellation()
        await Task.yield()
      }
      reading.cancel()
      try await reading.value
      #expect(inbox.payloads == ["y"])
      #expect(folder.names == ["new.xml", "old.xml.done"])
    }
  }

  @Test func endsWhenCancelledWhileItWaits() async throws {
    try await TestFolder.with { folder in
      try folder.write("a\n", to: "in.log")
      let offered = OneShot<Void>()
      let inbox = CollectingInbox { _, _ in
        offered.fulfil(())
        return .refused(Refusal(.full, "wait", retryAfter: .seconds(600)))
      }
      let reading = Task { try await read(folder.path("in.log"), ["onDone": "delete"], into: inbox) }
      await offered.wait()
      reading.cancel()
      try await reading.value
      #expect(folder.names == ["in.log"])
    }
  }

  @Test(arguments: ["/nowhere/in.log", "/nowhere/*.log"])
  func namesWhatIsMissing(path: String) async throws {
    let error = await #expect(throws: ConnectionError.self) { try await read(path, into: CollectingInbox()) }
    #expect(error?.message.contains("/nowhere") == true)
    #expect(error?.message.contains("no such file") == true)
  }

  @Test func saysWhatIsWrongWithItsSettings() {
    let settings: JSONObject = ["mode": "line", "follow": true, "onDone": "rename", "doneFolder": "/a", "doneSuffix": "/", "parallel": 0]
    let paths = FileSourceSettings.read(settings).problems.map { $0.path.joined() }
    #expect(Set(paths) == ["path", "mode", "onDone", "doneSuffix", "parallel"])
  }

  @Test func readsARealLog() async throws {
    guard let path = SharedData.path("nmea0183/n2kd-183-merrimac.log") else { return }
    let inbox = CollectingInbox()
    try await read(path, into: inbox)
    let expected = try String(contentsOfFile: path, encoding: .utf8).split(whereSeparator: \.isNewline).map(String.init)
    #expect(inbox.payloads == expected)
    #expect(inbox.messages.allSatisfy { $0.payload.first == UInt8(ascii: "$") })
    #expect(inbox.messages.count > 300)
  }

  @Test func readsRealInvoices() async throws {
    guard let path = SharedData.path("peppol-invoices") else { return }
    let inbox = CollectingInbox()
    try await read(path + "/*.xml", ["mode": "whole", "onDone": "keep"], into: inbox)
    #expect(inbox.messages.count == 5)
    for message in inbox.messages {
      let name = try #require(message.headers["ropewalk-file-name"])
      #expect(message.payload == [UInt8](try #require(FileManager.default.contents(atPath: "\(path)/\(name)"))))
    }
  }
}
