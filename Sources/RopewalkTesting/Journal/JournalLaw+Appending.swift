import RopewalkCore
import RopewalkJournal
import Testing

extension JournalLaw {
  func verifyPositionsGrow(_ journal: any Journal) async throws {
    var last: JournalPosition?
    for number in 0..<20 {
      let position = try await journal.accept("m\(number)")
      if let last { #expect(position > last) }
      last = position
      if number % 3 == 0 { try await journal.settle([Settlement(position: position, destination: "a", outcome: .delivered)]) }
    }
  }

  func verifyResultsAreInOrder(_ journal: any Journal) async throws {
    let entries = ["m1", "m1", "m2", "m3"].map { JournalEntry.sample($0) }
    let results = try await journal.append(entries)
    try #require(results.count == 4)
    let first = try #require(results[0].position)
    #expect(results[1] == .duplicate)
    let third = try #require(results[2].position)
    #expect(third > first)
    #expect(results[3] == .full)
    #expect(try await journal.append([]).isEmpty)
  }

  func verifyDuplicates(_ journal: any Journal) async throws {
    try await journal.accept("m1")
    #expect(try await journal.append([.sample("m1")]) == [.duplicate])
    #expect(try await journal.append([.sample("m1")]) == [.duplicate])
    let line = try #require(try await journal.ledger().first)
    #expect(line.duplicates == 2)
    #expect(line.accepted == 1)
    #expect(try await journal.unsettled(in: .sample, after: nil, limit: 10).count == 1)
  }

  func verifyDuplicatesInOneCall(_ journal: any Journal) async throws {
    let results = try await journal.append([.sample("m1"), .sample("m1")])
    #expect(results.first?.position != nil)
    #expect(results.last == .duplicate)
  }

  func verifySettledMessagesAreStillDuplicates(_ journal: any Journal) async throws {
    let position = try await journal.accept("m1")
    try await journal.settle([Settlement(position: position, destination: "a", outcome: .delivered)])
    #expect(try await journal.append([.sample("m1")]) == [.duplicate])
  }

  func verifyIDsAreApart(_ journal: any Journal) async throws {
    try await journal.accept("m1")
    #expect(try await journal.append([.sample("m1", customer: "other")]).first?.position != nil)
    #expect(try await journal.append([.sample("m1", integration: "other")]).first?.position != nil)
    // No separator that an id may contain makes two of them one.
    #expect(try await journal.append([.sample("m1", integration: "orders/", customer: "acme")]).first?.position != nil)
    #expect(try await journal.append([.sample("m1", integration: "orders", customer: "/acme")]).first?.position != nil)
    #expect(try await journal.ledger().count == 5)
  }

  func verifyFullTakesNothing(_ journal: any Journal) async throws {
    for number in 1...3 { try await journal.accept("m\(number)") }
    #expect(try await journal.append([.sample("m4")]) == [.full])
    #expect(try await journal.append([.sample("m1")]) == [.duplicate])
    let line = try #require(try await journal.ledger().first)
    #expect(line.accepted == 3)
    let open = try await journal.unsettled(in: .sample, after: nil, limit: 10)
    #expect(open.map(\.message.id) == ["m1", "m2", "m3"])
  }

  func verifySettlingMakesRoom(_ journal: any Journal) async throws {
    for number in 0..<5 {
      let position = try await journal.accept("m\(number)", destinations: ["a", "b"])
      try await journal.settle([Settlement(position: position, destination: "a", outcome: .delivered)])
      // The other destination still holds the place; the refused id was not remembered.
      #expect(try await journal.append([.sample("m\(number + 1)")]) == [.full])
      try await journal.settle([Settlement(position: position, destination: "b", outcome: .filtered)])
    }
  }
}

extension AppendResult {
  var position: JournalPosition? { if case .accepted(let position) = self { position } else { nil } }
}

extension JournalLane {
  static let sample = JournalLane.accepted(integration: "orders", customer: "acme")
}

extension JournalEntry {
  static func sample(
    _ id: String,
    integration: String = "orders",
    customer: String = "acme",
    destinations: [String] = ["a"]
  ) -> JournalEntry {
    let metadata = MessageMetadata(customerID: customer, integrationID: integration)
    return JournalEntry(message: Message(id: id, payload: Array(id.utf8), metadata: metadata), destinations: destinations)
  }
}

extension Journal {
  @discardableResult
  func accept(_ id: String, customer: String = "acme", destinations: [String] = ["a"]) async throws -> JournalPosition {
    let results = try await append([.sample(id, customer: customer, destinations: destinations)])
    return try #require(results.first?.position)
  }
}
