import GRDB
import RopewalkCore
import RopewalkJournal
import RopewalkSQLite
import RopewalkTesting
import Testing

/// What a journal knows when it is opened again.
@Suite struct RestartTests {
  @Test func whatIsUnsettledIsThereInOrder() async throws {
    try await withFolder { folder in
      try await SQLiteJournal.with(folder) { journal async throws in
        for number in 0..<10 {
          let position = try await journal.accept(.sample("m\(number)", destinations: ["a", "b"]))
          try await journal.settle([.end(position, at: "a")])
          if number.isMultiple(of: 2) { try await journal.settle([.end(position, .filtered, at: "b")]) }
        }
      }
      try await SQLiteJournal.with(folder) { journal async throws in
        let open = try await journal.open()
        #expect(open.map(\.message.id) == ["m1", "m3", "m5", "m7", "m9"])
        #expect(open.allSatisfy { $0.destinations == ["b"] })
        let line = try #require(try await journal.ledger().first)
        #expect((line.accepted, line.delivered, line.filtered, line.inFlight) == (20, 10, 5, 5))
      }
    }
  }

  @Test func positionsAreNotGivenTwice() async throws {
    try await withFolder { folder in
      var last = JournalPosition(0)
      for number in 0..<3 {
        try await SQLiteJournal.with(folder) { journal async throws in
          let position = try await journal.accept(.sample("m\(number)"))
          #expect(position > last)
          try await journal.settle([.end(position)])
          #expect(try await journal.open().isEmpty)
          last = position
        }
      }
    }
  }

  @Test func duplicatesAreRecognised() async throws {
    try await withFolder { folder in
      var settings = SQLiteJournalSettings()
      settings.limits.maxLedgerLines = 1
      try await SQLiteJournal.with(folder, settings) { journal async throws in
        try await journal.settle([.end(try await journal.accept(.sample("m1")))])
        try await journal.accept(.sample("m1", customer: "shares-a-line"))
      }
      try await SQLiteJournal.with(folder, settings) { journal async throws in
        #expect(try await journal.append([.sample("m1"), .sample("m1", customer: "shares-a-line")]) == [.duplicate, .duplicate])
        #expect(try await journal.append([.sample("m1", customer: "another")]).first?.position != nil)
      }
    }
  }

  @Test func customersThatShareALineAreReadEach() async throws {
    try await withFolder { folder in
      var settings = SQLiteJournalSettings()
      settings.limits.maxLedgerLines = 1
      try await SQLiteJournal.with(folder, settings) { journal async throws in
        for number in 0..<9 { try await journal.accept(.sample("m\(number)", customer: "c\(number % 3)")) }
        let ledger = try await journal.ledger()
        #expect(ledger.map(\.customerID) == ["*", "c0"])
        #expect(ledger.map(\.inFlight) == [6, 3])
        func read(_ customer: String, limit: Int = 100) async throws -> [String] {
          let lane = JournalLane.accepted(integration: "orders", customer: customer)
          return try await journal.unsettled(in: lane, after: nil, limit: limit).map(\.message.id)
        }
        #expect(try await journal.inFlight(of: "orders") == ["c0": 3, "c1": 3, "c2": 3])
        #expect(try await read("c1") == ["m1", "m4", "m7"])
        #expect(try await read("c2") == ["m2", "m5", "m8"])
        #expect(try await read("c2", limit: 2) == ["m2", "m5"])
        #expect(try await read("c0") == ["m0", "m3", "m6"])
      }
    }
  }

  /// Earlier versions put the messages of all who share a line into one lane.
  @Test func whatAnEarlierVersionLeftOfASharedLineIsReadFirst() async throws {
    try await withFolder { folder in
      var settings = SQLiteJournalSettings()
      settings.limits.maxLedgerLines = 1
      try await SQLiteJournal.with(folder, settings) { journal async throws in
        for number in 0..<6 { try await journal.accept(.sample("m\(number)", customer: "c\(number % 3)")) }
      }
      let database = try DatabaseQueue(path: folder.database)
      try await database.write { try $0.execute(sql: "UPDATE messages SET lane = account; UPDATE pairs SET lane = account") }
      try database.close()
      try await SQLiteJournal.with(folder, settings) { journal async throws in
        for number in 6..<9 { try await journal.accept(.sample("m\(number)", customer: "c\(number % 3)")) }
        #expect(try await journal.inFlight(of: "orders") == ["c0": 3, "c1": 3, "c2": 3])
        for customer in 0..<3 {
          let lane = JournalLane.accepted(integration: "orders", customer: "c\(customer)")
          for limit in [1, 2, 100] {
            var (ids, last): ([String], JournalPosition?) = ([], nil)
            repeat {
              let page = try await journal.unsettled(in: lane, after: last, limit: limit)
              ids += page.map(\.message.id)
              last = page.last?.position
            } while last != nil
            #expect(ids == [0, 3, 6].map { "m\($0 + customer)" })
          }
          try await journal.settle(try await journal.open(lane).map { Settlement.end($0.position) })
          #expect(try await journal.open(lane).isEmpty)
        }
        #expect(try await journal.ledger().allSatisfy { $0.balances && $0.inFlight == 0 })
      }
    }
  }

  @Test func onlyItsUserMayReadIt() async throws {
    try await withFolder { folder in
      try await SQLiteJournal.with(folder, SQLiteJournalSettings(maxInlinePayload: ByteCount(10))) { journal async throws in
        try await journal.accept(.sample("m1", payload: Array(repeating: 1, count: 100)))
        #expect(try folder.permissions(of: "") == 0o700)
        #expect(try folder.permissions(of: "/payloads") == 0o700)
        let payload = "payloads/\(try folder.payloads[0])"
        let files = ["journal.sqlite", "journal.sqlite-wal", "journal.sqlite-shm", "journal.made", "owner.lock", payload]
        for file in files { #expect(try folder.permissions(of: "/" + file) == 0o600, "\(file)") }
      }
    }
  }

  @Test func whatIsClosedSaysSo() async throws {
    try await withFolder { folder in
      let journal = try SQLiteJournal(folder: folder.path, logger: .quiet)
      try journal.close()
      let error = await #expect(throws: RopewalkError.self) { try await journal.append([.sample("m1")]) }
      #expect(error?.code.name == "journal.closed")
    }
  }
}
