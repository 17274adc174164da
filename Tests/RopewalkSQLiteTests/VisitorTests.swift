import RopewalkCore
import RopewalkJournal
import RopewalkSQLite
import Testing

/// A second connection that looks on while the owner works, as `ropewalk audit` and `ropewalk dead-letters` do.
@Suite struct VisitorTests {
  private let settings = SQLiteJournalSettings(maxInlinePayload: ByteCount(1000))

  @Test func seesWhatTheOwnerWrites() async throws {
    try await withFolder { folder in
      try await SQLiteJournal.with(folder) { owner async throws in
        try await owner.accept(.sample("m1"))
        try await SQLiteJournal.with(folder, role: .visitor) { visitor async throws in
          #expect(try await visitor.ledger().map(\.inFlight) == [1])
          try await owner.accept(.sample("m2"))
          #expect(try await visitor.ledger().map(\.inFlight) == [2])
          #expect(try await visitor.open().map(\.message.id) == ["m1", "m2"])
        }
        try await owner.accept(.sample("m3"))
      }
    }
  }

  @Test(arguments: [3, 5000]) func itsReplaysAreTheOwners(size: Int) async throws {
    try await withFolder { folder in
      try await SQLiteJournal.with(folder, settings) { owner async throws in
        let entry = JournalEntry.sample("m1", payload: Array(repeating: 5, count: size))
        let position = try await owner.accept(entry)
        try await owner.settle([.end(position, .deadLettered)], deadLetters: [.sample("L1", of: entry)])
        var replay = entry
        replay.replay = Replay(letterID: "L1")
        let replayed = try await SQLiteJournal.with(folder, settings, role: .visitor) { visitor async throws in
          let results = try await visitor.append([replay, replay])
          #expect(results.last == .duplicate)
          return try #require(results.first?.position)
        }
        // Positions go on after those of the visitor.
        #expect(try await owner.accept(.sample("m2")) > replayed)
        let lane = JournalLane.replays(integration: "orders")
        #expect(try await owner.open(lane).map(\.position) == [replayed])
        #expect(try await owner.open(lane).map(\.message) == [entry.message])
        try await owner.settle([.end(replayed)])
        let line = try #require(try await owner.ledger().first)
        #expect((line.accepted, line.delivered, line.deadLettered, line.inFlight) == (3, 1, 1, 1))
        #expect(line.balances)
        // The letter still has its payload.
        #expect(try await owner.deadLetters(matching: DeadLetterQuery(state: nil), after: nil, limit: 10).map(\.payload.count) == [size])
        #expect(try folder.payloads.count == (size > 1000 ? 1 : 0))
      }
    }
  }

  @Test func mayDiscard() async throws {
    try await withFolder { folder in
      try await SQLiteJournal.with(folder) { owner async throws in
        let entry = JournalEntry.sample("m1")
        try await owner.settle([.end(try await owner.accept(entry), .deadLettered)], deadLetters: [.sample("L1", of: entry)])
        try await SQLiteJournal.with(folder, role: .visitor) { visitor async throws in
          #expect(try await visitor.discard(deadLetters: ["L1"], reason: "a test") == 1)
        }
        #expect(try await owner.deadLetters(matching: DeadLetterQuery(), after: nil, limit: 10).isEmpty)
        #expect(try await owner.discard(deadLetters: ["L1"], reason: "again") == 0)
      }
    }
  }

  @Test func mayNotTakeOrSettleMessages() async throws {
    try await withFolder { folder in
      try await SQLiteJournal.with(folder) { owner async throws in
        let position = try await owner.accept(.sample("m1"))
        try await SQLiteJournal.with(folder, role: .visitor) { visitor async throws in
          let appended = await #expect(throws: RopewalkError.self) { try await visitor.append([.sample("m2")]) }
          let settled = await #expect(throws: RopewalkError.self) { try await visitor.settle([.end(position)]) }
          #expect([appended, settled].map(\.?.code.name) == ["journal.visited", "journal.visited"])
        }
        #expect(try await owner.open().count == 1)
      }
    }
  }

  @Test func worksWithoutAnOwner() async throws {
    try await withFolder { folder in
      let entry = JournalEntry.sample("m1")
      try await SQLiteJournal.with(folder) { owner async throws in
        try await owner.settle([.end(try await owner.accept(entry), .deadLettered)], deadLetters: [.sample("L1", of: entry)])
      }
      try await SQLiteJournal.with(folder, role: .visitor) { visitor async throws in
        #expect(try await visitor.append([.sample("m1", replay: Replay(letterID: "L1", stage: "delivery"))]).first?.position != nil)
      }
      try await SQLiteJournal.with(folder) { owner async throws in
        let open = try await owner.open(.replays(integration: "orders"))
        #expect(open.map(\.replay) == [Replay(letterID: "L1", stage: "delivery")])
      }
    }
  }

  @Test func saysThatThereIsNoJournal() async throws {
    try await withFolder { folder in
      let error = #expect(throws: RopewalkError.self) { try SQLiteJournal(folder: folder.path, role: .visitor, logger: .quiet) }
      #expect(error?.code.name == "journal.missing")
    }
  }
}
