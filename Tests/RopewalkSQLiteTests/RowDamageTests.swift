import Foundation
import RopewalkCore
import RopewalkJournal
import RopewalkSQLite
import Testing

/// A byte that changed within a row: SQLite does not notice it, and what it has is not what was written.
@Suite struct RowDamageTests {
  enum Harm: String, CaseIterable {
    case payloadBit, payloadCut, payloadGone, headerBit, id, time, detailGone, destination, destinationsGone, sum

    /// Whether what belongs to the payload is whole.
    var isOfPayload: Bool { self == .payloadBit || self == .payloadCut || self == .payloadGone }

    func strike(_ folder: Folder) throws {
      switch self {
      case .payloadBit: try folder.flip("payload of m2")
      case .payloadCut: try folder.change("UPDATE messages SET payload = substr(payload, 1, 5) WHERE id = 'm2'")
      case .payloadGone: try folder.change("UPDATE messages SET payload = NULL WHERE id = 'm2'")
      case .headerBit: try folder.flip("header of m2")
      case .id: try folder.change("UPDATE messages SET id = 'm9' WHERE id = 'm2'")
      case .time: try folder.change("UPDATE messages SET time = time + 1 WHERE id = 'm2'")
      case .detailGone: try folder.change("UPDATE messages SET detail = x'' WHERE id = 'm2'")
      case .destination: try folder.change("UPDATE messages SET destinations = x'02' WHERE id = 'm2'")
      case .destinationsGone: try folder.change("UPDATE messages SET destinations = x'80' WHERE id = 'm2'")
      case .sum: try folder.change("UPDATE messages SET sum = sum + 1 WHERE id = 'm2'")
      }
    }
  }

  /// It is not delivered as it is now, and what comes after it is not held up.
  @Test(arguments: Harm.allCases) func aMessageIsSaidByItsID(harm: Harm) async throws {
    try await withFolder { folder in
      try await fill(folder)
      try harm.strike(folder)
      try await SQLiteJournal.with(folder) { journal async throws in
        let open = try await journal.open()
        try #require(open.count == 3)
        #expect([open[0], open[2]].map(\.message) == [entry(1).message, entry(3).message])
        #expect(open.map { $0.damage == nil } == [true, false, true])
        let (message, damage) = (open[1].message, try #require(open[1].damage))
        for word in [harm == .id ? "'m9'" : "'m2'", "'acme'", "'orders'", "'\(folder.path)'", "--payload", "durability.md"] {
          #expect(damage.contains(word), "\(damage)")
        }
        #expect(message.payload.isEmpty && message.metadata.customerID == "acme" && message.metadata.integrationID == "orders")
        #expect(message.headers == (harm.isOfPayload ? entry(2).message.headers : MessageHeaders()))
        // It is lost alone: what comes is taken, and the sum holds.
        try await journal.settle(open[1].ends(), deadLetters: [open[1].lost()])
        try await journal.accept(entry(4))
        #expect(try await journal.open().map(\.message.id) == ["m1", "m3", "m4"])
        let line = try #require(try await journal.ledger().first)
        #expect((line.accepted, line.deadLettered, line.inFlight) == (8, 2, 6))
        #expect(line.balances)
      }
      // Opened again it is damaged still, and can be sent with another payload.
      try await SQLiteJournal.with(folder) { journal async throws in
        let kept = try #require(try await journal.deadLetters(matching: DeadLetterQuery(), after: nil, limit: 10).first)
        #expect(kept.damage?.contains("is damaged in the journal") == true && kept.payload.isEmpty && kept.originalPayload.isEmpty)
        #expect(kept.headers == (harm.isOfPayload ? entry(2).message.headers : MessageHeaders()))
        #expect(kept.destinations == ["a", "b"])
        var replay = entry(2)
        replay.replay = Replay(letterID: kept.id)
        try await journal.accept(replay)
        #expect(try await journal.open(.replays(integration: "orders")).map(\.message) == [entry(2).message])
      }
    }
  }

  /// What is left of its payload stays to be looked at, as the file of a large one does; put right, it is its payload again.
  @Test func aDamagedPayloadGoesIntoItsLetterAsItIs() async throws {
    try await withFolder { folder in
      try await fill(folder)
      try folder.flip("payload of m2")
      try await SQLiteJournal.with(folder) { journal async throws in
        let open = try await journal.open()
        // Both destinations have a letter of their own, one after the other.
        for (number, destination) in open[1].destinations.enumerated() {
          var letter = open[1].lost(id: "L\(number)")
          letter.destinations = [destination]
          try await journal.settle([.end(open[1].position, .deadLettered, at: destination, letter: letter.id)], deadLetters: [letter])
        }
        let letters = try await journal.deadLetters(matching: DeadLetterQuery(), after: nil, limit: 10)
        #expect(letters.map(\.damage) == [open[1].damage, open[1].damage])
      }
      try folder.flip("qayload of m2")
      try await SQLiteJournal.with(folder) { journal async throws in
        let letters = try await journal.deadLetters(matching: DeadLetterQuery(), after: nil, limit: 10)
        #expect(letters.map(\.damage) == [nil, nil])
        #expect(letters.map(\.payload) == [entry(2).message.payload, entry(2).message.payload])
        #expect(letters.map(\.headers) == [entry(2).message.headers, entry(2).message.headers])
      }
    }
  }

  enum LetterHarm: CaseIterable {
    case payloadBit, originalBit, headerBit, customer, detailGone, state

    var isOfPayload: Bool { self == .payloadBit || self == .originalBit }

    func strike(_ folder: Folder) throws {
      switch self {
      case .payloadBit: try folder.flip("changed payload")
      case .originalBit: try folder.flip("payload of m2")
      case .headerBit: try folder.flip("header of m2")
      case .customer: try folder.change("UPDATE letters SET customer = 'globex' WHERE id = 'L2'")
      case .detailGone: try folder.change("UPDATE letter_bodies SET detail = x'' WHERE number = 2")
      case .state: try folder.change("UPDATE letters SET state = 4 WHERE id = 'L2'")
      }
    }
  }

  @Test(arguments: LetterHarm.allCases) func aLetterIsStillToBeSeenAndDiscarded(harm: LetterHarm) async throws {
    try await withFolder { folder in
      let letters = (1...3).map { number in
        var letter = DeadLetter.sample("L\(number)", of: entry(number), payload: number == 2 ? Array("changed payload".utf8) : nil)
        letter.headers = entry(number).message.headers
        return letter
      }
      try await SQLiteJournal.with(folder) { journal async throws in
        for (number, letter) in zip(1..., letters) {
          let position = try await journal.accept(entry(number))
          try await journal.settle(["a", "b"].map { .end(position, .deadLettered, at: $0, letter: letter.id) }, deadLetters: [letter])
        }
        #expect(try await journal.deadLetters(matching: DeadLetterQuery(), after: nil, limit: 10) == letters)
      }
      try harm.strike(folder)
      try await SQLiteJournal.with(folder) { journal async throws in
        let found = try await journal.deadLetters(matching: DeadLetterQuery(), after: nil, limit: 10)
        try #require(found.count == 3)
        #expect([found[0], found[2]] == [letters[0], letters[2]])
        #expect(found[1].payload.isEmpty && found[1].originalPayload.isEmpty)
        #expect(found[1].damage?.contains(harm.isOfPayload ? "the message 'm2' of customer 'acme'" : "the dead letter 'L2'") == true)
        // Where not even the destinations are left, nobody sends it again.
        #expect(found[1].destinations == (harm.isOfPayload ? ["a", "b"] : []))
        #expect(try await journal.deadLetters(matching: DeadLetterQuery(ids: ["L2"]), after: nil, limit: 1) == [found[1]])
        #expect(try await journal.discard(deadLetters: ["L2"], reason: "damaged") == 1)
      }
    }
  }

  /// It is a replay still: it takes and leaves the place of one.
  @Test(arguments: ["header of m2", "payload of m2"]) func aDamagedReplayIsALetterAgain(words: String) async throws {
    try await withFolder { folder in
      try await SQLiteJournal.with(folder) { journal async throws in
        let end = ["a", "b"].map { Settlement.end(JournalPosition(1), .deadLettered, at: $0) }
        try await journal.accept(entry(1))
        try await journal.settle(end, deadLetters: [.sample("L1", of: entry(1))])
        var replay = entry(2)
        replay.replay = Replay(letterID: "L1", stage: "step")
        try await journal.accept(replay)
      }
      try folder.flip(words)
      try await SQLiteJournal.with(folder) { journal async throws in
        let open = try await journal.open(.replays(integration: "orders"))
        #expect(open.map { $0.damage == nil } == [false])
        #expect(open.map(\.message.metadata.customerID) == ["acme"] && open.map(\.message.payload) == [[]])
        #expect(open.map(\.replay) == [Replay(letterID: "L1", stage: words.hasPrefix("payload") ? "step" : nil)])
        try await journal.settle(open[0].ends(), deadLetters: [open[0].lost()])
        #expect(try await journal.ledger().allSatisfy { $0.balances && $0.inFlight == 0 })
        let kept = try await journal.deadLetters(matching: DeadLetterQuery(), after: nil, limit: 10)
        #expect(kept.map(\.damage) == [open[0].damage])
      }
    }
  }

  /// A message that the journal does not have any more cannot say what is left of it.
  @Test func aDamagedLetterWithoutItsMessageStaysDamaged() async throws {
    try await withFolder { folder in
      try await SQLiteJournal.with(folder) { journal async throws in
        var letter = DeadLetter.sample("L1", of: entry(1), payload: [])
        (letter.originalPayload, letter.damage) = ([], "its payload is gone")
        try await journal.settle([], deadLetters: [letter])
        #expect(try await journal.deadLetters(matching: DeadLetterQuery(), after: nil, limit: 10) == [letter])
      }
    }
  }

  /// Rows of earlier versions have no checksum; what is written since has one.
  @Test func whatIsWrittenIntoAnOlderJournalIsVerified() async throws {
    try await withFolder { folder in
      let golden = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Golden/version-2").path
      try FileManager.default.copyItem(atPath: golden, toPath: folder.path)
      try await SQLiteJournal.with(folder) { _ = try await $0.accept(entry(7)) }
      try folder.flip("payload of m7")
      try await SQLiteJournal.with(folder) { journal async throws in
        let open = try await journal.open()
        #expect(open.map(\.message.id) == ["m0", "m1", "m7"] && open.map { $0.damage == nil } == [true, true, false])
      }
    }
  }

  /// Three messages for two destinations; leaves the folder closed.
  private func fill(_ folder: Folder, _ settings: SQLiteJournalSettings = SQLiteJournalSettings()) async throws {
    try await SQLiteJournal.with(folder, settings) { journal async throws in
      for number in 1...3 { try await journal.accept(entry(number)) }
    }
  }

  private func entry(_ number: Int) -> JournalEntry { .marked(number) }
}
