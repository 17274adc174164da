import Foundation
import GRDB
import RopewalkCore
import RopewalkResources
import RopewalkSQLite
import RopewalkTesting
import Testing

/// Folders in which there has been a store of resources, and those in which there was about to be one.
@Suite struct LostResourcesTests {
  /// It is not taken for a new one, and nothing beside it is touched.
  @Test(arguments: Loss.allCases) func aDatabaseThatIsEmptyOrGoneIsSaid(loss: Loss) async throws {
    try await withStoreFolder { folder in
      try await folder.withStore { _ = try await $0.add(.item("a")) }
      let whole = try Data(contentsOf: folder.database)
      try loss.strike(database: folder.database)
      // Each time: nothing is made that the next one would take for a store.
      for _ in 0..<2 { try folder.expectLoss() }
      if let log = loss.log { #expect(try Data(contentsOf: folder.log) == log) }
      try folder.restore(whole)
      try await folder.withStore { store in
        let item = try await store.get(.item("a"))
        #expect(item != nil)
      }
    }
  }

  /// What is left of it is not taken for a store, and stays as it is.
  @Test(arguments: [2, 16, 100, 4096, 20_480]) func aDatabaseThatWasCutIsDamaged(size: Int) async throws {
    try await expectDamage { whole in
      try #require(whole.count > size)
      return whole.prefix(size)
    }
  }

  /// They say what a file is.
  @Test(arguments: [0, 15]) func aDatabaseWhoseFirstBytesAreDamagedIsDamaged(place: Int) async throws {
    try await expectDamage { whole in
      var changed = whole
      changed[place] ^= 1
      return changed
    }
  }

  private func expectDamage(by harm: (Data) throws -> Data) async throws {
    try await withStoreFolder { folder in
      try await folder.withStore { _ = try await $0.add(.item("a")) }
      let left = try harm(try Data(contentsOf: folder.database))
      try left.write(to: folder.database)
      for _ in 0..<2 {
        let error = #expect(throws: RopewalkError.self) { _ = try SQLiteResourceStore(folder: folder.path) }
        #expect(error?.code.name == "store.corrupt", "\(String(describing: error))")
        #expect(error?.message.contains(folder.database.path) == true && error?.message.contains("restore a backup") == true)
      }
      let found = try Data(contentsOf: folder.database)
      #expect(found == left)
    }
  }

  /// Stores of earlier versions have no mark: a log says that there was one.
  @Test func aStoreWithoutAMarkIsKnownByItsLog() async throws {
    try await withStoreFolder { folder in
      try folder.copyGolden()
      #expect(!folder.isMarked)
      try Data().write(to: folder.database)
      try Data(repeating: 1, count: 5000).write(to: folder.log)
      for _ in 0..<2 { try folder.expectLoss() }
    }
  }

  /// From then on a store of an earlier version has a mark, too.
  @Test func aStoreOfAnEarlierVersionIsMarkedWhenItIsOpened() async throws {
    try await withStoreFolder { folder in
      try folder.copyGolden()
      try await folder.withStore { store in
        let item = try await store.get(.item("a"))
        #expect(item != nil && folder.isMarked)
      }
      try FileManager.default.removeItem(at: folder.database)
      try folder.expectLoss()
    }
  }

  @Test func aStoreThatACrashLeftIsMissedWhenItIsGone() async throws {
    try await withStoreFolder { folder in
      let crashed = try await folder.withStore { _ in try folder.afterCrash() }
      for file in [crashed.database, crashed.log] { try FileManager.default.removeItem(at: file) }
      try crashed.expectLoss()
    }
  }

  enum Start: CaseIterable { case folder, lock, emptyFile, withoutTables, withTables }

  /// However far the first start came before it was killed, the next one goes on from there.
  @Test(arguments: Start.allCases) func aFirstStartThatWasKilledIsBegunAgain(start: Start) async throws {
    try await withStoreFolder { folder in
      var killed = folder
      try FileManager.default.createDirectory(atPath: folder.path, withIntermediateDirectories: true)
      switch start {
      case .folder: break
      case .lock: try Data("1\n".utf8).write(to: URL(fileURLWithPath: folder.path + "/resources.lock"))
      case .emptyFile: try Data().write(to: folder.database)
      case .withoutTables:
        let pool = try DatabasePool(path: folder.database.path)
        killed = try folder.afterCrash()
        try pool.close()
      case .withTables:
        killed = try await folder.withStore { _ in try folder.afterCrash() }
        try FileManager.default.removeItem(atPath: killed.mark)
      }
      #expect(!killed.isMarked)
      try await killed.withStore { _ = try await $0.add(.item("a")) }
      #expect(killed.isMarked)
      try await killed.withStore { store in
        let item = try await store.get(.item("a"))
        #expect(item != nil)
      }
    }
  }

  /// A mark that a power cut leaves without the tables would have a new store taken for one that is lost.
  @Test(arguments: SQLiteJournalSettings.Durability.allCases)
  func whereTheMarkIsTheTablesAreInTheDatabasesFile(durability: SQLiteJournalSettings.Durability) async throws {
    try await withStoreFolder { folder in
      try await folder.withStore(durability) { _ in
        let header = try Data(contentsOf: folder.database).prefix(72)
        #expect(folder.isMarked && header.suffix(4) == Data("RwRs".utf8))
      }
    }
  }

  private func withStoreFolder(_ body: (StoreFolder) async throws -> Void) async throws {
    try await withFolder { try await body(StoreFolder(path: $0.parent + "/resources")) }
  }
}

/// A store's folder.
private struct StoreFolder: Sendable {
  let path: String
  var database: URL { URL(fileURLWithPath: path + "/resources.sqlite") }
  var log: URL { URL(fileURLWithPath: path + "/resources.sqlite-wal") }
  var mark: String { path + "/resources.made" }
  var isMarked: Bool { FileManager.default.fileExists(atPath: mark) }

  /// Opens the store, and closes it when `body` has ended.
  func withStore<Value>(
    _ durability: SQLiteJournalSettings.Durability = .fsync,
    _ body: (SQLiteResourceStore) async throws -> Value
  ) async throws -> Value {
    let store = try SQLiteResourceStore(folder: path, durability: durability)
    do {
      let value = try await body(store)
      try store.close()
      return value
    } catch {
      try? store.close()
      throw error
    }
  }

  func copyGolden() throws {
    let golden = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Golden/resources-version-1").path
    try FileManager.default.copyItem(atPath: golden, toPath: path)
  }

  /// The folder as a crash at this moment would leave it. Nothing may be written meanwhile.
  func afterCrash() throws -> StoreFolder {
    let copy = StoreFolder(path: path + "-crashed")
    try FileManager.default.createDirectory(atPath: copy.path, withIntermediateDirectories: true)
    for file in try FileManager.default.contentsOfDirectory(atPath: path) where !file.hasSuffix("-shm") {
      try FileManager.default.copyItem(atPath: path + "/" + file, toPath: copy.path + "/" + file)
    }
    return copy
  }

  func restore(_ whole: Data) throws {
    for file in [log.path, database.path + "-shm"] { try? FileManager.default.removeItem(atPath: file) }
    try whole.write(to: database)
  }

  func expectLoss() throws {
    let error = #expect(throws: RopewalkError.self) { _ = try SQLiteResourceStore(folder: path) }
    #expect(error?.code.name == "store.lost", "\(String(describing: error))")
    #expect(error?.message.contains("the folder '\(path)' has had a store of resources") == true)
    #expect(error?.message.contains("restore the folder from a backup") == true)
  }
}
