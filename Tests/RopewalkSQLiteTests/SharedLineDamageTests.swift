import RopewalkCore
import RopewalkJournal
import RopewalkSQLite
import Testing

/// Damaged messages of customers who share a line of the ledger: they are each read once, and given up.
@Suite struct SharedLineDamageTests {
  enum Harm: CaseIterable {
    case header, customer, detailGone, gone

    func strike(_ folder: Folder) throws {
      switch self {
      case .header: try folder.flip("header of m2")
      // Another name, of the same length.
      case .customer: try folder.flip("sharer-2")
      case .detailGone: try folder.change("UPDATE messages SET detail = x'' WHERE id = 'm2'")
      case .gone: try folder.change("DELETE FROM messages WHERE id = 'm2'")
      }
    }

    /// Where nothing bears out whose it was, it is the line's.
    var owner: String { self == .header ? "sharer-2" : "*" }
    var isThere: Bool { self != .gone }
  }

  private let settings: SQLiteJournalSettings = {
    var settings = SQLiteJournalSettings()
    settings.limits.maxLedgerLines = 1
    return settings
  }()

  @Test(arguments: Harm.allCases) func aDamagedMessageIsReadOnce(harm: Harm) async throws {
    try await withFolder { folder in
      try await SQLiteJournal.with(folder, settings) { journal async throws in
        for (number, customer) in zip(1..., ["acme", "sharer-2", "sharer-3", "sharer-3"]) {
          try await journal.accept(.marked(number, customer: customer))
        }
      }
      try harm.strike(folder)
      try await SQLiteJournal.with(folder, settings) { journal async throws in
        #expect(try await journal.inFlight(of: "orders") == ["acme": 2, harm.owner: 2, "sharer-3": 4])
        var found: [UnsettledEntry] = []
        for customer in ["acme", "sharer-2", "sharer-3", "*"] {
          for limit in [1, 100] {
            let page = try await read(customer, limit: limit, in: journal)
            #expect(page.map(\.message.metadata.customerID).allSatisfy { $0 == customer })
            if limit == 1 { found += page } else { #expect(page == Array(found.suffix(page.count))) }
          }
        }
        #expect(found.map(\.message.id).sorted() == (harm.isThere ? ["m1", "m2", "m3", "m4"] : ["m1", "m3", "m4"]))
        #expect(try await read(harm.owner, at: "b", in: journal).map(\.message.id) == (harm.isThere ? ["m2"] : []))
        guard let damaged = found.first(where: { $0.message.id == "m2" }) else { return }
        #expect(damaged.damage?.contains("of customer '\(harm.owner)' (integration 'orders')") == true)
        #expect(damaged.destinations == ["a", "b"] && damaged.message.headers.fields.isEmpty)
        try await journal.settle(damaged.ends(), deadLetters: [damaged.lost()])
        #expect(try await journal.inFlight(of: "orders") == ["acme": 2, "sharer-3": 4])
        let ledger = try await journal.ledger()
        #expect(ledger.allSatisfy(\.balances) && ledger.map(\.inFlight) == [4, 2])
        let letters = try await journal.deadLetters(matching: DeadLetterQuery(customer: harm.owner), after: nil, limit: 10)
        #expect(letters.map(\.messageID) == ["m2"] && letters.map(\.damage) == [damaged.damage])
      }
    }
  }

  /// A replay's lane is no customer's, so its name is believed as it is, by who reads it and by who counts it.
  @Test(arguments: [("header of m2", "sharer-2"), ("sharer-2", "rharer-2")])
  func aDamagedReplayIsCountedAsItIsRead(words: String, owner: String) async throws {
    try await withFolder { folder in
      try await SQLiteJournal.with(folder, settings) { journal async throws in
        try await journal.accept(.marked(1))
        var entry = JournalEntry.marked(2, customer: "sharer-2")
        let position = try await journal.accept(entry)
        let ends = entry.destinations.map { Settlement.end(position, .deadLettered, at: $0, letter: "L1") }
        try await journal.settle(ends, deadLetters: [.sample("L1", of: entry)])
        entry.replay = Replay(letterID: "L1")
        try await journal.accept(entry)
      }
      try folder.flip(words)
      try await SQLiteJournal.with(folder, settings) { journal async throws in
        let replays = try await journal.open(.replays(integration: "orders"))
        #expect(replays.map(\.message.metadata.customerID) == [owner] && replays.map { $0.damage == nil } == [false])
        #expect(try await journal.inFlight(of: "orders") == ["acme": 2, owner: 2])
        try await journal.settle(replays.flatMap { $0.ends() }, deadLetters: replays.map { $0.lost() })
        #expect(try await journal.inFlight(of: "orders") == ["acme": 2])
        #expect(try await journal.ledger().allSatisfy(\.balances))
      }
    }
  }

  /// To the end, a page after the other.
  private func read(
    _ customer: String,
    at destination: String? = nil,
    limit: Int = 100,
    in journal: SQLiteJournal
  ) async throws -> [UnsettledEntry] {
    let lane = JournalLane.accepted(integration: "orders", customer: customer, destination: destination)
    var (entries, last): ([UnsettledEntry], JournalPosition?) = ([], nil)
    while true {
      let page = try await journal.unsettled(in: lane, after: last, limit: limit, maxSize: ByteCount(.max))
      entries += page.entries
      guard !page.isEnd, let end = page.entries.last else { return entries }
      last = end.position
    }
  }
}
