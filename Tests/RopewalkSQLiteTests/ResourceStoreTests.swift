import Foundation
import RopewalkCore
import RopewalkResources
import RopewalkSQLite
import RopewalkTesting
import Testing

@Suite(.timeLimit(.minutes(3))) struct ResourceStoreTests {
  @Test(arguments: ResourceStoreLaw.allCases) func keepsTheLaw(_ law: ResourceStoreLaw) async throws {
    try await withFolder { folder in
      try await law.verify { limits in try SQLiteResourceStore(folder: folder.parent, limits: limits) }
    }
  }

  @Test func everythingIsThereAfterARestart() async throws {
    try await withFolder { folder in
      let first = try SQLiteResourceStore(folder: folder.parent)
      var item = try await first.add(.item("a", count: 1))
      let start = item.metadata.resourceVersion
      item.spec = ["count": 2]
      item = try await first.replace(item)
      let b = try await first.add(.item("b"))
      let gone = try await first.remove(.item("b"), ifVersion: b.metadata.resourceVersion)
      let page = try await first.list(ResourceQuery(.items, limit: 1))
      try first.close()
      await expect("store.unavailable") { try await first.add(.item("late")) }

      let second = try SQLiteResourceStore(folder: folder.parent)
      #expect(try await second.get(.item("a")) == item)
      #expect(try await second.list(ResourceQuery(.items)).resourceVersion == page.resourceVersion)
      // A watch goes on over the restart, and sees what comes behind it.
      let next = try await second.add(.item("c"))
      let events = try await second.events(ResourceQuery(.items), after: start, count: 4)
      #expect(events.map(\.word) == ["modified", "added", "deleted", "added"])
      #expect(events.map(\.version) == [item, b, gone, next].map { Int($0.metadata.resourceVersion) })
      // The version of what was removed last is not given again.
      #expect(Int(next.metadata.resourceVersion)! > Int(gone.metadata.resourceVersion)!)
      try second.close()
    }
  }

  @Test func readsOfManyKindsAtOnceAllEnd() async throws {
    try await withFolder { folder in
      let store = try SQLiteResourceStore(folder: folder.parent)
      for number in 0..<50 { try await store.add(.item("item-\(number)")) }
      try await withThrowingDiscardingTaskGroup { group in
        for task in 0..<64 {
          group.addTask {
            for number in 0..<50 {
              let item = try await store.get(.item("item-\(number)"))
              #expect(item?.metadata.name == "item-\(number)")
              guard (task + number) % 3 == 0 else { continue }
              let items = try await store.list(ResourceQuery(.items)).items
              #expect(items.count == 50)
            }
          }
        }
      }
      try store.close()
    }
  }

  @Test func oneProcessOwnsIt() async throws {
    try await withFolder { folder in
      let store = try SQLiteResourceStore(folder: folder.parent)
      let error = #expect(throws: RopewalkError.self) { try SQLiteResourceStore(folder: folder.parent) }
      #expect(error?.code.name == "store.owned")
      #expect(error?.message.contains("process \(getpid())") == true)
      try store.close()
      try SQLiteResourceStore(folder: folder.parent).close()
    }
  }

  @Test func foreignFilesAreRefused() async throws {
    try await withFolder { folder in
      try Data("no database at all, but long enough to look like one to somebody".utf8)
        .write(to: URL(fileURLWithPath: folder.parent + "/resources.sqlite"))
      let error = #expect(throws: RopewalkError.self) { try SQLiteResourceStore(folder: folder.parent) }
      #expect(error?.code.name == "store.version")
    }
  }

  /// What is behind the limits goes from the file too.
  @Test func theFileDoesNotGrowForEver() async throws {
    try await withFolder { folder in
      let store = try SQLiteResourceStore(folder: folder.parent, limits: ResourceStoreLimits(maxChangesKept: 50))
      var item = try await store.add(.item("a"))
      for number in 0..<500 {
        item.spec = .object(["count": .number(.init(number))])
        item = try await store.replace(item)
        let other = try await store.add(.item("gone"))
        _ = try await store.remove(.item("gone"), ifVersion: other.metadata.resourceVersion)
      }
      #expect(try await store.rowCount() < 120)
      #expect(try await store.get(.item("a"))?.count == 499)
      try store.close()
    }
  }

  @Test func writesThatComeAtOnceShareASync() async throws {
    try await withFolder { folder in
      let store = try SQLiteResourceStore(folder: folder.parent)
      try await withThrowingTaskGroup(of: Void.self) { group in
        for number in 0..<400 { group.addTask { try await store.add(.item("i\(number)")) } }
        try await group.waitForAll()
      }
      #expect(store.transactions < 300)
      try store.close()
    }
  }
}
