import Foundation
import Logging
import RopewalkCore
import Testing

@testable import RopewalkProcess

@Suite struct PositionTests {
  private let logger = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })

  private func file(_ folder: Folder, connection: String = "in", limit: Int = 100) -> PositionFile {
    PositionFile(folder: folder.path + "/positions", integration: "orders", connection: connection, limit: limit)
  }

  @Test func theBeginningIsEmpty() async throws {
    try await Folder.with { (folder) async throws in
      let position = try file(folder).read()
      #expect(position == [])
    }
  }

  @Test func theLastOneIsRead() async throws {
    try await Folder.with { folder in
      try file(folder).write([1, 2, 3])
      try file(folder).write([0, 255])
      #expect(try file(folder).read() == [0, 255])
      try file(folder).write([])
      #expect(try file(folder).read() == [])
      #expect(folder.names() == ["positions", "positions/orders", "positions/orders/in.position"])
    }
  }

  @Test func namesNeverLeaveTheFolderNorMeet() async throws {
    try await Folder.with { folder in
      let names = ["../../etc/passwd", "a/b", "a%2Fb", "", ".", "ä"]
      for (number, name) in names.enumerated() { try file(folder, connection: name).write([UInt8(number)]) }
      for (number, name) in names.enumerated() { #expect(try file(folder, connection: name).read() == [UInt8(number)]) }
      #expect(folder.names(in: "positions/orders").count == names.count)
    }
  }

  @Test func whatAKilledWriterLeftChangesNothing() async throws {
    try await Folder.with { folder in
      try file(folder).write([1])
      try folder.write("positions/orders/in.position.new", [9, 9])
      #expect(try file(folder).read() == [1])
      try file(folder).write([2])
      #expect(try file(folder).read() == [2])
    }
  }

  @Test func oneThatIsTooLongIsRefused() async throws {
    try await Folder.with { folder in
      try file(folder).write([UInt8](repeating: 1, count: 8000))
      #expect { try file(folder).read() } throws: { ($0 as? RopewalkError)?.code == .positionUnusable }
    }
  }

  @Test func aFolderThatCannotBeMadeIsNamed() async throws {
    try await Folder.with { folder in
      try folder.write("positions", "a file")
      #expect { try file(folder).write([1]) } throws: { "\($0)".contains("positions") }
    }
  }

  @Test func theKeeperWritesTheLastOfMany() async throws {
    try await Folder.with { folder in
      let keeper = try PositionKeeper(file(folder), interval: .milliseconds(1), stopwatch: Stopwatch(), logger: logger)
      await withTaskGroup { group in
        group.addTask { await keeper.run() }
        for number in 0..<1000 { keeper.advance(to: Array("\(number)".utf8)) }
        group.cancelAll()
      }
      #expect(try file(folder).read() == Array("999".utf8))
      let next = try PositionKeeper(file(folder), interval: .milliseconds(1), stopwatch: Stopwatch(), logger: logger)
      #expect(next.position == Array("999".utf8))
    }
  }

  @Test func aKeeperThatIsCancelledWritesTheLastOne() async throws {
    try await Folder.with { folder in
      let keeper = try PositionKeeper(file(folder), interval: .seconds(600), stopwatch: Stopwatch(), logger: logger)
      await withTaskGroup { group in
        group.addTask { await keeper.run() }
        keeper.advance(to: [1])
        keeper.advance(to: [2])
        group.cancelAll()
      }
      #expect(try file(folder).read() == [2])
    }
  }
}
