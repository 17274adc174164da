import Foundation
import RopewalkConnector
import RopewalkCore
import RopewalkTesting
import Testing

@testable import RopewalkConnectors

/// What `file` does for those who may reach one folder only, and who can put links into it at any time.
@Suite(.takesTurns(within: .seconds(60))) struct FileFenceTests {
  /// `in` is open, `in/closed` is not, and beside it lies what is somebody else's.
  private struct Place {
    let folder: TestFolder
    let fence: FolderFence

    static func with(_ body: (Place) async throws -> Void) async throws {
      try await TestFolder.with { folder in
        for name in ["in/done", "in/closed", "other"] {
          try FileManager.default.createDirectory(atPath: folder.path(name), withIntermediateDirectories: true)
        }
        try folder.write("token\n", to: "other/token")
        try folder.write("kept\n", to: "in/closed/token")
        let real = try #require(try FileDescriptor(openingFolder: folder.path, within: nil).realPath)
        let fence = FolderFence(open: ["\(real)/in"], closed: ["\(real)/in/closed"])
        try await body(Place(folder: folder, fence: fence))
      }
    }

    func link(_ name: String, to target: String) throws {
      try? FileManager.default.removeItem(atPath: folder.path("in/\(name)"))
      try FileManager.default.createSymbolicLink(atPath: folder.path("in/\(name)"), withDestinationPath: target)
    }

    func configuration(_ path: String, _ more: JSONObject) -> ConnectionConfiguration {
      var settings = more
      settings["path"] = .string(folder.path(path))
      return ConnectionConfiguration(name: "file", type: "file", settings: settings)
    }

    /// Reads until there is nothing more.
    func read(_ path: String, _ more: JSONObject = JSONObject()) async throws -> [String] {
      let (connector, inbox) = (FileSourceConnector(logger: .testing, within: fence), CollectingInbox())
      try await connector.connect(configuration(path, more))
      let result: Result<Void, any Error>
      do { result = .success(try await connector.receive(into: inbox.inbox)) } catch { result = .failure(error) }
      await connector.disconnect()
      try result.get()
      return inbox.messages.map { String(decoding: $0.payload, as: UTF8.self) }
    }

    /// Sends one message, after something happens.
    func send(_ text: String, to path: String, _ more: JSONObject = JSONObject(), after body: () throws -> Void = {}) async throws {
      let connector = FileSinkConnector(within: fence)
      try await connector.connect(configuration(path, more))
      let result: Result<Void, any Error>
      do {
        try body()
        result = .success(try await connector.send(Message(id: "m", payload: Array(text.utf8))))
      } catch {
        result = .failure(error)
      }
      await connector.disconnect()
      try result.get()
    }
  }

  @Test func whatLiesInTheFolderIsReadMovedAndWritten() async throws {
    try await Place.with { place in
      try place.folder.write("one\ntwo\n", to: "in/a.csv")
      #expect(
        try await place.read("in/*.csv", ["onDone": "rename", "doneFolder": .string(place.folder.path("in/done"))]) == ["one", "two"]
      )
      #expect(place.folder.read("in/done/a.csv") == "one\ntwo\n")
      try await place.send("x", to: "in/out.jsonl")
      try await place.send("y", to: "in/out.jsonl")
      #expect(place.folder.read("in/out.jsonl") == "x\ny\n")
      try await place.send("z", to: "in", ["mode": "whole", "name": "{id}/{id}.json"])
      #expect(place.folder.read("in/m/m.json") == "z")
      #expect(try await place.read("in/out.jsonl", ["mode": "whole", "onDone": "delete"]) == ["x\ny\n"])
      #expect(!place.folder.names(in: "in").contains("out.jsonl"))
    }
  }

  @Test func aLinkIsNotRead() async throws {
    try await Place.with { place in
      try place.link("x", to: "../other/token")
      try place.link("folder", to: "../other")
      try place.folder.write("own\n", to: "in/own")
      #expect(try await place.read("in/*") == ["own"])
      for path in ["in/x", "in/folder/token", "in/folder", "in/folder/*", "in/closed/token", "other/token", "in/../other/token"] {
        let error = await #expect(throws: ConnectionError.self, "\(path)") { try await place.read(path) }
        #expect(error?.message.contains("links are in the way") == true, "\(error?.message ?? "")")
      }
    }
  }

  @Test func aLinkIsNotWrittenThrough() async throws {
    try await Place.with { place in
      try place.link("x", to: "../other/token")
      try place.link("new", to: "../other/new")
      try place.link("folder", to: "../other")
      for path in ["in/x", "in/new", "in/folder/new", "in/closed/new"] {
        await #expect(throws: ConnectionError.self, "\(path)") { try await place.send("mine", to: path) }
      }
      await #expect(throws: ConnectionError.self) { try await place.send("mine", to: "in/folder", ["mode": "whole"]) }
      #expect(place.folder.read("other/token") == "token\n" && place.folder.names(in: "other") == ["token"])
      #expect(place.folder.names(in: "in/closed") == ["token"])
    }
  }

  @Test func aLinkThatComesLaterLeadsNowhereEither() async throws {
    try await Place.with { place in
      await #expect(throws: ConnectionError.self) {
        try await place.send("mine", to: "in/late") { try place.link("late", to: "../other/token") }
      }
      try FileManager.default.createDirectory(atPath: place.folder.path("in/box"), withIntermediateDirectories: true)
      await #expect(throws: ConnectionError.self) {
        try await place.send("mine", to: "in/box", ["mode": "whole"]) { try place.link("box", to: "../other") }
      }
      #expect(place.folder.read("other/token") == "token\n" && place.folder.names(in: "other") == ["token"])
    }
  }

  @Test func nothingIsMovedOut() async throws {
    try await Place.with { place in
      try place.folder.write("mine\n", to: "in/mine.yaml")
      try place.link("moved", to: "../other")
      let settings: JSONObject = ["mode": "whole", "onDone": "rename", "doneFolder": .string(place.folder.path("in/moved"))]
      await #expect(throws: ConnectionError.self) { try await place.read("in/mine.yaml", settings) }
      #expect(place.folder.names(in: "other") == ["token"] && place.folder.read("in/mine.yaml") == "mine\n")
    }
  }
}

extension TestFolder {
  fileprivate func names(in name: String) -> [String] { TestFolder(path: path(name)).names }
}
