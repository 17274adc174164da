import Foundation
import RopewalkCore
import RopewalkResources
import RopewalkSQLite
import RopewalkTesting
import Testing

/// Stores that were written by released versions open for ever, with everything that is in them.
///
/// `Golden/resources-version-N` is what the first program with schema version N left. A new version gets a new folder,
/// written by `swift test --filter ResourceMigrationTests` with ROPEWALK_WRITE_GOLDEN=1; the old ones are never changed.
@Suite struct ResourceMigrationTests {
  private static let golden = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Golden").path
  private static let versions = [1]
  private static let isWriting = ProcessInfo.processInfo.environment["ROPEWALK_WRITE_GOLDEN"] != nil

  @Test(.disabled(if: isWriting), arguments: versions) func opensWhatAnEarlierVersionLeft(version: Int) async throws {
    try await withFolder { folder in
      try FileManager.default.copyItem(atPath: Self.golden + "/resources-version-\(version)", toPath: folder.path)
      let store = try SQLiteResourceStore(folder: folder.path)
      #expect(try await store.get(.item("a"))?.spec == ["count": 2, "text": "zwei ✓"])
      #expect(try await store.get(.item("b")) == nil)
      #expect(try await store.dependents(ofOwner: "uid-default-a").map(\.0) == [.item("c", in: "other")])
      let events = try await store.events(ResourceQuery(.items), after: "0", count: 5)
      #expect(events.map(\.word) == ["added", "added", "modified", "added", "deleted"])
      #expect(events.map(\.version) == [1, 2, 3, 4, 5])
      #expect(try await store.add(.item("d")).metadata.resourceVersion == "6")
      try store.close()
    }
  }

  @Test(.enabled(if: isWriting)) func writesTheGoldenStore() async throws {
    let path = Self.golden + "/resources-version-\(try #require(Self.versions.last))"
    try? FileManager.default.removeItem(atPath: path)
    let store = try SQLiteResourceStore(folder: path)
    var a = try await store.add(.item("a", count: 1, labels: ["x": "y"]))
    let b = try await store.add(.item("b"))
    a.spec = ["count": 2, "text": "zwei ✓"]
    try await store.replace(a)
    var c = Resource.item("c", in: "other")
    c.metadata.ownerReferences = [OwnerReference(apiVersion: "v1", kind: "Item", name: "a", uid: "uid-default-a")]
    try await store.add(c)
    _ = try await store.remove(.item("b"), ifVersion: b.metadata.resourceVersion)
    try store.close()
    for file in ["resources.lock", "resources.made", "resources.sqlite-wal", "resources.sqlite-shm"] {
      try? FileManager.default.removeItem(atPath: "\(path)/\(file)")
    }
  }
}
