import Foundation
import InMemoryLogging
import RopewalkCore
import RopewalkJournal
import RopewalkSQLite
import RopewalkTesting
import Testing

/// A journal that a crash or a disk left otherwise than it was.
@Suite struct DamageTests {
  @Test func afterACrashWhatWasAcknowledgedIsThere() async throws {
    try await withFolder { folder in
      let log = InMemoryLogHandler()
      try await SQLiteJournal.with(folder) { journal async throws in
        for number in 0..<20 { try await journal.accept(.sample("m\(number)")) }
        let crashed = try folder.afterCrash()
        try await SQLiteJournal.with(crashed, logger: .recording(log)) { journal async throws in
          #expect(try await journal.open().count == 20)
        }
      }
      #expect(log.contains("everything that was acknowledged is there"))
      let again = InMemoryLogHandler()
      try await SQLiteJournal.with(folder, logger: .recording(again)) { _ in }
      #expect(again.entries.isEmpty)
    }
  }

  /// The last transaction's bytes did not all reach the disk, so nobody was told that it is accepted.
  @Test(arguments: [1, 100, 5000]) func aTornLastPageCostsOnlyItsTransaction(bytes: Int) async throws {
    try await withFolder { folder in
      let crashed = try await SQLiteJournal.with(folder) { journal async throws in
        for number in 0..<20 { try await journal.accept(.sample("m\(number)")) }
        return try folder.afterCrash()
      }
      let log = try FileHandle(forUpdating: URL(fileURLWithPath: crashed.log))
      let size = try log.seekToEnd()
      try log.truncate(atOffset: size - UInt64(bytes))
      try log.close()
      try await SQLiteJournal.with(crashed) { journal async throws in
        #expect(try await journal.open().map(\.message.id) == (0..<19).map { "m\($0)" })
        #expect(try await journal.ledger().allSatisfy(\.balances))
        // Its sender sends it again.
        try await journal.accept(.sample("m19"))
        #expect(try await journal.append([.sample("m18")]) == [.duplicate])
      }
    }
  }

  @Test func aTornPageInTheMiddleIsNotTakenForData() async throws {
    try await withFolder { folder in
      let crashed = try await SQLiteJournal.with(folder) { journal async throws in
        for number in 0..<20 { try await journal.accept(.sample("m\(number)")) }
        return try folder.afterCrash()
      }
      try crashed.overwrite(crashed.log, at: 0.9)
      try await SQLiteJournal.with(crashed) { journal async throws in
        let open = try await journal.open().map(\.message.id)
        #expect(open == (0..<open.count).map { "m\($0)" })
        #expect(try await journal.ledger().allSatisfy(\.balances))
      }
    }
  }

  @Test func aDamagedPageIsFoundWhenItIsOpenedAfterACrash() async throws {
    try await withFolder { folder in
      let crashed = try await fill(folder)
      try crashed.damagePages()
      let error = #expect(throws: RopewalkError.self) { try SQLiteJournal(folder: crashed.path, logger: .quiet) }
      #expect(error?.code.name == "journal.corrupt")
      #expect(error?.message.contains("durability.md") == true)
    }
  }

  @Test func aDamagedPageOfALargeJournalIsSaidBesideTheWork() async throws {
    try await withFolder { folder in
      let crashed = try await fill(folder)
      try crashed.damagePages()
      let log = InMemoryLogHandler()
      let settings = SQLiteJournalSettings(maxCheckAtOpen: ByteCount(0))
      let journal = try SQLiteJournal(folder: crashed.path, settings: settings, logger: .recording(log))
      try await eventually(within: .seconds(60)) { log.contains("is damaged") }
      await #expect(throws: RopewalkError.self) { try await journal.append([.sample("more")]) }
      try? journal.close()
    }
  }

  @Test func aDamagedPageIsSaidWhenItIsMet() async throws {
    try await withFolder { folder in
      _ = try await fill(folder)
      try folder.damagePages()
      let journal = try SQLiteJournal(folder: folder.path, logger: .quiet)
      let error = await #expect(throws: RopewalkError.self) { try await journal.unsettled(in: .acme, after: nil, limit: .max).count }
      #expect(error?.code.name == "journal.corrupt")
      // Nothing more is entrusted to it.
      let refusal = await #expect(throws: RopewalkError.self) { try await journal.append([.sample("more")]) }
      #expect(refusal?.message == error?.message)
      try? journal.close()
    }
  }

  @Test func aLetterWithoutItsPayloadIsStillToBeSeenAndDiscarded() async throws {
    try await withFolder { folder in
      try await SQLiteJournal.with(folder, SQLiteJournalSettings(maxInlinePayload: ByteCount(10))) { journal async throws in
        for (number, size) in [100, 1, 100].enumerated() {
          let entry = JournalEntry.sample("m\(number)", payload: Array(repeating: 1, count: size))
          let end = Settlement.end(try await journal.accept(entry), .deadLettered, letter: "L\(number)")
          try await journal.settle([end], deadLetters: [.sample("L\(number)", of: entry)])
        }
        let file = try #require(try folder.payloads.min())
        try FileManager.default.removeItem(atPath: "\(folder.path)/payloads/\(file)")
        let letters = try await journal.deadLetters(matching: DeadLetterQuery(), after: nil, limit: 10)
        #expect(letters.map(\.id) == ["L0", "L1", "L2"])
        #expect(letters.map(\.payload.count) == [0, 1, 100] && letters.map(\.originalPayload.count) == [0, 1, 100])
        #expect(letters.map { $0.damage?.contains(file) } == [true, nil, nil])
        #expect(try await journal.discard(deadLetters: ["L0"], reason: "its payload is gone") == 1)
      }
    }
  }

  enum Harm: CaseIterable { case removed, cut, emptied, altered }

  /// Neither other bytes nor fewer are handed on, and what comes after is not held up.
  @Test(arguments: Harm.allCases) func aPayloadThatIsNotWhatItWasIsSaidByItsName(harm: Harm) async throws {
    try await withFolder { folder in
      try await SQLiteJournal.with(folder, SQLiteJournalSettings(maxInlinePayload: ByteCount(10))) { journal async throws in
        let entry = JournalEntry.sample("m1", payload: Array(repeating: 1, count: 100))
        let position = try await journal.accept(entry)
        try await journal.accept(.sample("m2", payload: Array(repeating: 2, count: 100)))
        let file = try #require(try folder.payloads.min())
        let path = "\(folder.path)/payloads/\(file)"
        let whole = try Data(contentsOf: URL(fileURLWithPath: path))
        switch harm {
        case .removed: try FileManager.default.removeItem(atPath: path)
        case .cut: try Data(whole.prefix(50)).write(to: URL(fileURLWithPath: path))
        case .emptied: try Data().write(to: URL(fileURLWithPath: path))
        case .altered: try folder.overwrite(path, at: 0)
        }
        let open = try await journal.open()
        #expect(open.map(\.message.id) == ["m1", "m2"] && open.map(\.message.payload.count) == [0, 100])
        #expect(open[0].damage?.contains(file) == true && open[1].damage == nil)
        // Its letter refers to the file still, so that what is put back can be replayed.
        var letter = DeadLetter.sample("L1", of: entry, payload: [])
        (letter.originalPayload, letter.damage) = ([], open[0].damage)
        try await journal.settle([.end(position, .deadLettered, letter: letter.id)], deadLetters: [letter])
        let kept = try await journal.deadLetters(matching: DeadLetterQuery(), after: nil, limit: 10)
        #expect(kept.map(\.damage) == [open[0].damage])
        try whole.write(to: URL(fileURLWithPath: path))
        let restored = try await journal.deadLetters(matching: DeadLetterQuery(), after: nil, limit: 10)
        #expect(restored.map(\.damage) == [nil] && restored.map(\.payload) == [entry.message.payload])
        #expect(restored.map(\.originalPayload) == [entry.message.payload])
      }
    }
  }

  /// Ids are a customer's own, and both ends come in one batch.
  @Test func damagedMessagesOfTheSameIDKeepFilesOfTheirOwn() async throws {
    try await withFolder { folder in
      try await SQLiteJournal.with(folder, SQLiteJournalSettings(maxInlinePayload: ByteCount(10))) { journal async throws in
        let customers = ["acme", "globex", "initech"]
        let entries = customers.enumerated().map { number, customer in
          JournalEntry.sample("m1", customer: customer, payload: Array(repeating: UInt8(number), count: 100))
        }
        var positions: [JournalPosition] = []
        for entry in entries { positions.append(try await journal.accept(entry)) }
        let files = try folder.payloads.map { URL(fileURLWithPath: "\(folder.path)/payloads/\($0)") }
        let contents = try files.map { try Data(contentsOf: $0) }
        for file in files { try FileManager.default.removeItem(at: file) }
        let letters = entries.enumerated().map { number, entry in
          var letter = DeadLetter.sample("L\(number)", of: entry, payload: [])
          (letter.originalPayload, letter.damage) = ([], "its file is gone")
          return letter
        }
        try await journal.settle(zip(positions, letters).map { .end($0, .deadLettered, letter: $1.id) }, deadLetters: letters)
        for (file, content) in zip(files, contents) { try content.write(to: file) }
        let restored = try await journal.deadLetters(matching: DeadLetterQuery(), after: nil, limit: 10)
        #expect(restored.map(\.customer) == customers && restored.map(\.damage) == [nil, nil, nil])
        #expect(restored.map(\.payload) == entries.map(\.message.payload))
      }
    }
  }

  /// Leaves the folder closed, and returns it as a crash before that would have left it.
  private func fill(_ folder: Folder) async throws -> Folder {
    try await SQLiteJournal.with(folder) { journal async throws in
      let payload = [UInt8](repeating: 7, count: 4000)
      _ = try await journal.append((0..<200).map { .sample("m\($0)", payload: payload) })
    }
    return try await SQLiteJournal.with(folder) { journal async throws in
      try await journal.accept(.sample("last"))
      return try folder.afterCrash()
    }
  }
}

extension Folder {
  /// Writes over 100 bytes of a file.
  /// - Parameter part: where, as a part of its size.
  fileprivate func overwrite(_ file: String, at part: Double) throws {
    let handle = try FileHandle(forUpdating: URL(fileURLWithPath: file))
    let size = try handle.seekToEnd()
    try handle.seek(toOffset: UInt64(Double(size) * part))
    try handle.write(contentsOf: Data(repeating: 0xA5, count: 100))
    try handle.close()
  }

  /// Writes over the beginnings of pages in the second half of the database.
  fileprivate func damagePages() throws {
    let handle = try FileHandle(forUpdating: URL(fileURLWithPath: database))
    let pages = try handle.seekToEnd() / 8192
    for page in (pages / 2)..<(pages - 1) {
      try handle.seek(toOffset: page * 8192)
      try handle.write(contentsOf: Data(repeating: 0xA5, count: 100))
    }
    try handle.close()
  }
}
