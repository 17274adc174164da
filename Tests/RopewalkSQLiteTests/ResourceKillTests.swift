import Foundation
import RopewalkCore
import RopewalkResources
import RopewalkSQLite
import RopewalkTesting
import Testing

@Suite(.takesTurns(within: .seconds(3600))) struct ResourceKillTests {
  private struct Acknowledged {
    var version: Int64
    var operation: String
  }

  /// A process writes as fast as it can and is killed after a number of acknowledgements that the seed decides, again and
  /// again over one store. ROPEWALK_KILL_ROUNDS sets how often; by default 5 times, with `make soak` 200.
  @Test func whatWasAcknowledgedIsThere() async throws {
    let rounds = ProcessInfo.processInfo.environment["ROPEWALK_KILL_ROUNDS"].flatMap { Int($0) } ?? 5
    var generator = SeededGenerator(seed: 11)
    try await withFolder { folder in
      try FileManager.default.createDirectory(atPath: folder.path, withIntermediateDirectories: true)
      var place = "0"
      for round in 0..<rounds {
        let count = Int.random(in: 1...2000, using: &generator)
        let lines = try await Child.with("resources", folder) { child in
          try await child.waitForLines(count)
          try child.kill()
        }
        let acknowledged = Self.read(lines)
        let store = try SQLiteResourceStore(folder: folder.path)
        // No version is given twice, not to what the process before wrote either.
        let start = try #require(Int64(place))
        #expect(acknowledged.all.count == Set(acknowledged.all).count && acknowledged.all.allSatisfy { $0 > start }, "round \(round)")
        for (name, last) in acknowledged.latest {
          // The next step of the writer may have happened without anybody hearing of it.
          switch (last.operation, try await store.get(.item(name)).flatMap { Int64($0.metadata.resourceVersion) }) {
          case ("removed", nil), ("changed", nil): break
          case ("added", let version?), ("changed", let version?): #expect(version >= last.version, "round \(round), \(name)")
          case (_, let version): Issue.record("round \(round), \(name): \(last), found \(String(describing: version))")
          }
        }
        // A watch goes on from the round before: every change since then, one after the other.
        let end = try #require(Int64(try await store.list(ResourceQuery(.items, limit: 1)).resourceVersion))
        #expect(end >= acknowledged.all.max() ?? 0)
        let events = end > start ? try await store.events(ResourceQuery(.items), after: place, count: Int(end - start)) : []
        #expect(events.map { Int64($0.version) } == Array(start..<end).map { $0 + 1 }, "round \(round)")
        place = String(end)
        try store.close()
      }
    }
  }

  private static func read(_ lines: [String]) -> (all: [Int64], latest: [String: Acknowledged]) {
    var all: [Int64] = []
    var latest: [String: Acknowledged] = [:]
    for words in lines.map({ $0.split(separator: " ").map(String.init) }) where words.count == 3 {
      guard let version = Int64(words[2]) else { continue }
      all.append(version)
      latest[words[1]] = Acknowledged(version: version, operation: words[0])
    }
    return (all, latest)
  }
}
