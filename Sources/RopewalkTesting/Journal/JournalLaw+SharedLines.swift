import RopewalkCore
import RopewalkJournal
import Testing

/// The ledger has fewer lines than customers: they share one in it, and nothing else.
extension JournalLaw {
  static let fewLines = JournalLimits(maxEntries: 100, maxLedgerLines: 3)
  private static let customers = (0..<6).map { "c\($0)" }

  func verifyCustomersWhoShareALine(_ journal: any Journal) async throws {
    try await fill(journal)
    try await expectEachHasItsOwn(in: journal)
    let lines = try await journal.ledger().map(\.customerID)
    #expect(lines.count == 4 && lines.contains(LedgerEntry.furtherCustomers), "\(lines)")
    // A replay is in flight too.
    var replay = JournalEntry.sample("m1", customer: "c5")
    replay.replay = Replay(letterID: "L-c5")
    #expect(try await journal.append([replay]).first?.position != nil)
    #expect(try await journal.inFlight(of: "orders")["c5"] == 6)
    // No separator that an id may contain makes two of them one.
    for (customer, id) in [("c7", "x/m"), ("c7/x", "m"), ("c7", "m"), ("c7/x", "x/m")] {
      #expect(try await journal.append([.sample(id, customer: customer)]).first?.position != nil, "\(customer) \(id)")
    }
  }

  func verifyCustomersWhoShareALineComeBack(_ first: any Journal, _ reopen: Reopening) async throws {
    try await fill(first)
    var journal = try await reopen(first, Self.fewLines)
    try await expectEachHasItsOwn(in: journal)
    // There is room for all of them now. What came before stays in front of what comes.
    journal = try await reopen(journal, JournalLimits(maxEntries: 100))
    try await expectEachHasItsOwn(in: journal)
    for customer in Self.customers { try await journal.accept("m4", customer: customer) }
    for customer in Self.customers {
      let open = try await unsettled(of: customer, in: journal)
      #expect(open.map(\.message.id) == ["m0", "m2", "m3", "m4"], "\(customer)")
      try await journal.settle(
        open.flatMap { entry in
          entry.destinations.map { Settlement(position: entry.position, destination: $0, outcome: .delivered) }
        }
      )
    }
    #expect(try await journal.inFlight(of: "orders").isEmpty)
    let ledger = try await journal.ledger()
    #expect(ledger.allSatisfy { $0.balances })
    #expect(ledger.map(\.accepted).reduce(0, +) == 54 && ledger.map(\.delivered).reduce(0, +) == 42)
    for customer in Self.customers {
      #expect(try await unsettled(of: customer, in: journal).isEmpty)
      #expect(try await journal.append([.sample("m2", customer: customer)]) == [.duplicate])
    }
  }

  /// Customers send the same ids in turn, four messages each for two destinations. The first one reaches `a`, the second none.
  private func fill(_ journal: any Journal) async throws {
    for number in 0..<4 {
      for customer in Self.customers {
        let position = try await journal.accept("m\(number)", customer: customer, destinations: ["a", "b"])
        if number == 0 { try await journal.settle([Settlement(position: position, destination: "a", outcome: .delivered)]) }
        guard number == 1 else { continue }
        let letter = DeadLetter.sample("L-\(customer)", message: "m1", customer: customer, destinations: ["a", "b"])
        let ends = ["a", "b"].map { Settlement(position: position, destination: $0, outcome: .deadLettered) }
        try await journal.settle(ends, deadLetters: [letter])
      }
    }
  }

  private func expectEachHasItsOwn(in journal: any Journal) async throws {
    let inFlight = Dictionary(uniqueKeysWithValues: Self.customers.map { ($0, 5) })
    #expect(try await journal.inFlight(of: "orders") == inFlight)
    #expect(try await journal.inFlight(of: "other").isEmpty)
    for customer in Self.customers {
      let open = try await unsettled(of: customer, in: journal)
      #expect(open.map(\.message.id) == ["m0", "m2", "m3"], "\(customer)")
      #expect(open.map { $0.destinations.sorted() } == [["b"], ["a", "b"], ["a", "b"]], "\(customer)")
      #expect(open.allSatisfy { $0.message.metadata.customerID == customer })
      let next = try await unsettled(of: customer, after: open.first?.position, limit: 1, in: journal)
      #expect(next.map(\.message.id) == ["m2"], "\(customer)")
      #expect(try await unsettled(of: customer, at: "a", in: journal).map(\.message.id) == ["m2", "m3"], "\(customer)")
      let letters = try await journal.deadLetters(matching: DeadLetterQuery(customer: customer), after: nil, limit: 10)
      #expect(letters.map(\.id) == ["L-\(customer)"])
      for id in ["m0", "m1", "m3"] { #expect(try await journal.append([.sample(id, customer: customer)]) == [.duplicate]) }
    }
    let ledger = try await journal.ledger()
    #expect(ledger.allSatisfy { $0.balances })
    #expect(ledger.map(\.accepted).reduce(0, +) == 48 && ledger.map(\.inFlight).reduce(0, +) == 30)
    #expect(ledger.map(\.delivered).reduce(0, +) == 6 && ledger.map(\.deadLettered).reduce(0, +) == 12)
  }

  private func unsettled(
    of customer: String,
    at destination: String? = nil,
    after position: JournalPosition? = nil,
    limit: Int = 10,
    in journal: any Journal
  ) async throws -> [UnsettledEntry] {
    let lane = JournalLane.accepted(integration: "orders", customer: customer, destination: destination)
    return try await journal.unsettled(in: lane, after: position, limit: limit)
  }
}
