import Foundation
import GRDB
import InMemoryLogging
import RopewalkCore
import RopewalkJournal
import RopewalkSQLite
import Testing

/// Folders in which there has been a journal, and those in which there was about to be one.
@Suite struct LostJournalTests {
  /// It is not taken for a new one, and nothing beside it is touched.
  @Test(arguments: Loss.allCases) func aDatabaseThatIsEmptyOrGoneIsSaid(loss: Loss) async throws {
    try await withFolder { folder in
      try await SQLiteJournal.with(folder) { _ = try await $0.accept(.sample("m1")) }
      let database = URL(fileURLWithPath: folder.database)
      let whole = try Data(contentsOf: database)
      try loss.strike(database: database)
      // Each time: nothing is made that the next one would take for a journal.
      for role in [JournalRole.owner, .visitor, .owner] { try expectLoss(of: folder, role) }
      if let log = loss.log { #expect(try Data(contentsOf: URL(fileURLWithPath: folder.log)) == log) }
      for file in [folder.log, folder.database + "-shm"] { try? FileManager.default.removeItem(atPath: file) }
      try whole.write(to: database)
      try await SQLiteJournal.with(folder) { journal async throws in
        #expect(try await journal.open().map(\.message.id) == ["m1"])
      }
    }
  }

  /// What is left of it is not taken for another program's file, which could be moved away, and stays as it is.
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
    try await withFolder { folder in
      try await SQLiteJournal.with(folder) { _ = try await $0.accept(.sample("m1")) }
      let database = URL(fileURLWithPath: folder.database)
      let left = try harm(try Data(contentsOf: database))
      try left.write(to: database)
      for role in [JournalRole.owner, .visitor, .owner] {
        let error = #expect(throws: RopewalkError.self) { _ = try SQLiteJournal(folder: folder.path, role: role, logger: .quiet) }
        #expect(error?.code.name == "journal.corrupt", "\(String(describing: error))")
        #expect(error?.message.contains("keep a copy of the folder") == true)
      }
      let found = try Data(contentsOf: database)
      #expect(found == left)
    }
  }

  /// Journals of earlier versions have no mark: what lies beside the database says that there was one.
  @Test(arguments: ["payloads", "log"]) func aJournalWithoutAMarkIsKnownByWhatLiesBesideIt(sign: String) async throws {
    try await withFolder { folder in
      let golden = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Golden/version-2").path
      try FileManager.default.copyItem(atPath: golden, toPath: folder.path)
      #expect(!folder.isMarked)
      try Data().write(to: URL(fileURLWithPath: folder.database))
      if sign == "log" {
        for file in try folder.payloads { try FileManager.default.removeItem(atPath: "\(folder.path)/payloads/\(file)") }
        try Data(repeating: 1, count: 5000).write(to: URL(fileURLWithPath: folder.log))
      }
      for role in [JournalRole.owner, .visitor] { try expectLoss(of: folder, role) }
    }
  }

  /// From then on a journal of an earlier version has a mark, too.
  @Test func aJournalOfAnEarlierVersionIsMarkedWhenItIsOpened() async throws {
    try await withFolder { folder in
      let golden = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Golden/version-1").path
      try FileManager.default.copyItem(atPath: golden, toPath: folder.path)
      try await SQLiteJournal.with(folder) { _ in }
      #expect(folder.isMarked)
    }
  }

  @Test func aJournalThatACrashLeftIsMissedWhenItIsGone() async throws {
    try await withFolder { folder in
      let crashed = try await SQLiteJournal.with(folder) { _ in try folder.afterCrash() }
      for file in [crashed.database, crashed.log] { try FileManager.default.removeItem(atPath: file) }
      for role in [JournalRole.owner, .visitor] { try expectLoss(of: crashed, role) }
    }
  }

  /// As a file system has it at its top, which may be mounted there.
  @Test func aFolderAmongThePayloadsIsNone() async throws {
    try await withFolder { folder in
      let found = folder.path + "/payloads/lost+found"
      try FileManager.default.createDirectory(atPath: found, withIntermediateDirectories: true)
      let log = InMemoryLogHandler()
      try await SQLiteJournal.with(folder, logger: .recording(log)) { _ = try await $0.accept(.sample("m1")) }
      #expect(log.entries.isEmpty && FileManager.default.fileExists(atPath: found))
    }
  }

  enum Start: CaseIterable { case folder, folders, emptyFile, withoutTables, withTables }

  /// However far the first start came before it was killed, the next one goes on from there.
  @Test(arguments: Start.allCases) func aFirstStartThatWasKilledIsBegunAgain(start: Start) async throws {
    try await withFolder { folder in
      var killed = folder
      if start != .folder {
        try FileManager.default.createDirectory(atPath: folder.path + "/payloads", withIntermediateDirectories: true)
      }
      switch start {
      case .folder: try FileManager.default.createDirectory(atPath: folder.path, withIntermediateDirectories: true)
      case .folders: try Data("1\n".utf8).write(to: URL(fileURLWithPath: folder.path + "/owner.lock"))
      case .emptyFile: try Data().write(to: URL(fileURLWithPath: folder.database))
      case .withoutTables:
        let pool = try DatabasePool(path: folder.database)
        killed = try folder.afterCrash()
        try pool.close()
      case .withTables:
        killed = try await SQLiteJournal.with(folder) { _ in try folder.afterCrash() }
        try killed.removeMark()
      }
      #expect(!killed.isMarked)
      try await SQLiteJournal.with(killed) { _ = try await $0.accept(.sample("m1")) }
      #expect(killed.isMarked)
      try await SQLiteJournal.with(killed) { journal async throws in
        #expect(try await journal.open().map(\.message.id) == ["m1"])
      }
    }
  }

  /// A mark that a power cut leaves without the tables would have a new journal taken for one that is lost.
  @Test(arguments: SQLiteJournalSettings.Durability.allCases)
  func whereTheMarkIsTheTablesAreInTheDatabasesFile(durability: SQLiteJournalSettings.Durability) async throws {
    try await withFolder { folder in
      try await SQLiteJournal.with(folder, SQLiteJournalSettings(durability: durability)) { _ in
        let header = try Data(contentsOf: URL(fileURLWithPath: folder.database)).prefix(72)
        #expect(folder.isMarked && header.suffix(4) == Data("RwJl".utf8))
      }
    }
  }

  private func expectLoss(of folder: Folder, _ role: JournalRole) throws {
    let error = #expect(throws: RopewalkError.self) { _ = try SQLiteJournal(folder: folder.path, role: role, logger: .quiet) }
    #expect(error?.code.name == "journal.lost", "\(String(describing: error))")
    #expect(error?.message.contains("the folder '\(folder.path)' has had a journal") == true)
    #expect(error?.message.contains("restore the folder from a backup") == true)
  }
}
