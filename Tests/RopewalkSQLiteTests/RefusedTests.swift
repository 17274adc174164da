import Foundation
import RopewalkCore
import RopewalkJournal
import RopewalkSQLite
import RopewalkTesting
import Subprocess
import Testing

/// Folders and entries that a journal does not take, and what it says.
@Suite struct RefusedTests {
  @Test func aFileThatIsNoDatabase() async throws {
    try await withFolder { folder in
      try FileManager.default.createDirectory(atPath: folder.path, withIntermediateDirectories: true)
      let text = Data(String(repeating: "not a database\n", count: 1000).utf8)
      try text.write(to: URL(fileURLWithPath: folder.database))
      #expect(try refusal(of: folder)?.code.name == "journal.not-a-database")
      #expect(try Data(contentsOf: URL(fileURLWithPath: folder.database)) == text)
    }
  }

  @Test func aDatabaseOfAnotherProgram() async throws {
    try await withFolder { folder in
      try await SQLiteJournal.with(folder) { _ in }
      try folder.patchHeader(at: 68, with: 0x12_34_56_78)
      #expect(try refusal(of: folder)?.code.name == "journal.not-a-database")
    }
  }

  @Test func aNewerVersion() async throws {
    try await withFolder { folder in
      try await SQLiteJournal.with(folder) { _ = try await $0.accept(.sample("m1")) }
      try folder.patchHeader(at: 60, with: 1000)
      for role in [JournalRole.owner, .visitor] {
        let error = try refusal(of: folder, role)
        #expect(error?.code.name == "journal.version")
        #expect(error?.message.contains("has version 1000") == true)
      }
      // Nothing was changed: the newer program goes on.
      try folder.patchHeader(at: 60, with: 3)
      try await SQLiteJournal.with(folder) {
        let open = try await $0.open(); #expect(open.count == 1)
      }
    }
  }

  @Test(.enabled(if: Mounts.areAllowed, Comment(rawValue: Mounts.refusal))) func aFolderThatCannotBeWritten() async throws {
    try await withFolder { folder in
      try await SQLiteJournal.with(folder) { _ = try await $0.accept(.sample("m1")) }
      try await folder.mountReadOnly()
      let error = try refusal(of: folder)
      try await folder.unmount()
      #expect(error?.code.name == "journal.read-only")
      try await SQLiteJournal.with(folder) {
        let open = try await $0.open(); #expect(open.count == 1)
      }
    }
  }

  @Test func aFolderWhoseParentIsMissing() async throws {
    try await withFolder { folder in
      let error = #expect(throws: RopewalkError.self) { try SQLiteJournal(folder: folder.parent + "/no/where", logger: .quiet) }
      #expect(error?.message.contains("/no/where") == true)
    }
  }

  @Test func anIDOfTenMegabytes() async throws {
    try await withFolder { folder in
      try await SQLiteJournal.with(folder) { journal async throws in
        let id = String(repeating: "x", count: 10_000_000)
        for entry in [JournalEntry.sample(id), .sample(""), .sample("m1", destinations: []), .sample("m1", destinations: ["a", "a"])] {
          let error = await #expect(throws: RopewalkError.self) { try await journal.append([.sample("m0"), entry]) }
          #expect(error?.code.name == "journal.entry.invalid")
          #expect((error?.message.utf8.count ?? 0) < 1000)
        }
        #expect(try await journal.ledger().isEmpty)
        let longest = String(repeating: "é", count: Message.maxIDLength / 2)
        try await journal.accept(.sample(longest))
        #expect(try await journal.append([.sample(longest)]) == [.duplicate])
      }
    }
  }

  @Test(.enabled(if: Mounts.areAllowed, Comment(rawValue: Mounts.refusal))) func aFullDisk() async throws {
    try await withFolder { folder in
      try await folder.mountSmall()
      var accepted: [String] = []
      try await SQLiteJournal.with(folder) { journal async throws in
        let payload = [UInt8](repeating: 7, count: 50_000)
        let ballast = URL(fileURLWithPath: folder.path + "/ballast")
        try Data(repeating: 0, count: 16 << 20).write(to: ballast)
        let error = await #expect(throws: RopewalkError.self) {
          for number in 0..<1000 {
            try await journal.accept(.sample("m\(number)", payload: payload))
            accepted.append("m\(number)")
          }
        }
        #expect(error?.code.name == "journal.no-space")
        #expect(error?.code.kind.isRecoverable == true)
        let large = await #expect(throws: RopewalkError.self) {
          try await journal.append([.sample("large", payload: [UInt8](repeating: 7, count: 20 << 20))])
        }
        #expect(large?.code.name == "journal.no-space")
        #expect(try await journal.open().map(\.message.id) == accepted)
        try FileManager.default.removeItem(at: ballast)
        // It goes on by itself, and the id that was refused was not remembered.
        try await journal.accept(.sample("m\(accepted.count)", payload: payload))
        accepted.append("m\(accepted.count)")
        for entry in try await journal.open() { try await journal.settle([.end(entry.position)]) }
        #expect(try await journal.ledger().allSatisfy { $0.balances && $0.delivered == accepted.count })
        #expect(try folder.payloads.isEmpty)
      }
      try await folder.unmount()
    }
  }

  @Test(.enabled(if: Mounts.areAllowed, Comment(rawValue: Mounts.refusal)), arguments: [JournalRole.owner, .visitor])
  func aDiskThatIsFullBeforeItIsOpened(role: JournalRole) async throws {
    try await withFolder { folder in
      try await folder.mountSmall()
      try await SQLiteJournal.with(folder) { _ = try await $0.accept(.sample("m1")) }
      let ballast = URL(fileURLWithPath: folder.path + "/ballast")
      _ = FileManager.default.createFile(atPath: ballast.path, contents: nil)
      let file = try FileHandle(forWritingTo: ballast)
      // To the last byte.
      for size in [1 << 20, 1 << 12, 1] {
        while (try? file.write(contentsOf: Data(repeating: 0, count: size))) != nil {}
      }
      try file.close()
      let error = try refusal(of: folder, role)
      #expect(error?.code.name == "journal.no-space", "\(String(describing: error))")
      #expect(error?.message.contains("try again") == true)
      try FileManager.default.removeItem(at: ballast)
      try await SQLiteJournal.with(folder) {
        let open = try await $0.open(); #expect(open.count == 1)
      }
      try await folder.unmount()
    }
  }

  private func refusal(of folder: Folder, _ role: JournalRole = .owner) throws -> RopewalkError? {
    #expect(throws: RopewalkError.self) { _ = try SQLiteJournal(folder: folder.path, role: role, logger: .quiet) }
  }
}

extension Folder {
  /// Changes a number of the database file's header: `user_version` is at 60, `application_id` at 68.
  fileprivate func patchHeader(at offset: UInt64, with number: UInt32) throws {
    let handle = try FileHandle(forUpdating: URL(fileURLWithPath: database))
    try handle.seek(toOffset: offset)
    try handle.write(contentsOf: withUnsafeBytes(of: number.bigEndian) { Data($0) })
    try handle.close()
  }

  /// Puts a disk of 32 MiB where the journal's folder is.
  fileprivate func mountSmall() async throws {
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    try await mount(["-t", "tmpfs", "-o", "size=32m,mode=700", "tmpfs", path])
  }

  /// Makes the journal's folder one that even root cannot write.
  fileprivate func mountReadOnly() async throws {
    try await mount(["--bind", path, path])
    try await mount(["-o", "remount,bind,ro", path])
  }

  fileprivate func unmount() async throws {
    _ = try await Subprocess.run(.name("umount"), arguments: ["-l", path], output: .discarded, error: .discarded)
  }

  private func mount(_ arguments: [String]) async throws {
    let result = try await Subprocess.run(.name("mount"), arguments: Arguments(arguments), output: .discarded, error: .string(limit: 4096))
    try #require(result.terminationStatus == .exited(0), "mount \(arguments.joined(separator: " ")): \(result.standardError)")
  }
}
