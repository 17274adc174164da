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

  /// A visitor knows nothing of the owner's retention, and removes nothing by its own.
  @Test func removesNothingThatIsOld() async throws {
    try await withFolder { folder in
      let (clock, year) = (VirtualClock(), Duration.seconds(365 * 86_400))
      let settings = SQLiteJournalSettings(deadLetterRetention: year, settledRetention: year, maxInlinePayload: ByteCount(10))
      func letters(_ journal: SQLiteJournal) async throws -> [String] {
        try await journal.deadLetters(matching: DeadLetterQuery(state: nil), after: nil, limit: 10).map(\.id)
      }
      try await SQLiteJournal.with(folder, settings, clock: clock) { owner async throws in
        for id in ["L1", "L2"] {
          let entry = JournalEntry.sample("m" + id)
          try await owner.settle([.end(try await owner.accept(entry), .deadLettered)], deadLetters: [.sample(id, of: entry)])
        }
        let settled = try await owner.accept(.sample("settled", payload: Array(repeating: 1, count: 100)))
        try await owner.settle([.end(settled)])
        // The journal's time goes on with what is written.
        for id in ["m3", "m4", "m5"] {
          clock.advance(by: .seconds(20 * 86_400))
          try await owner.accept(.sample(id))
        }
        try await SQLiteJournal.with(folder, role: .visitor, clock: clock) { visitor async throws in
          #expect(try await visitor.discard(deadLetters: ["L2"], reason: "a test") == 1)
          #expect(try await letters(visitor) == ["L1", "L2"])
        }
        #expect(try await letters(owner) == ["L1", "L2"])
        #expect(try folder.payloads.count == 1)
        clock.advance(by: year)
        try await owner.accept(.sample("last"))
        #expect(try await letters(owner) == [])
        #expect(try folder.payloads.isEmpty)
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
