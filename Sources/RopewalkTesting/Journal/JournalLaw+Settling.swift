import RopewalkCore
import RopewalkJournal
import Testing

extension JournalLaw {
  func verifySettlingAgain(_ journal: any Journal) async throws {
    let position = try await journal.accept("m1", destinations: ["a", "b"])
    let first = Settlement(position: position, destination: "a", outcome: .delivered)
    try await journal.settle([first, first])
    try await journal.settle([first, Settlement(position: position, destination: "a", outcome: .deadLettered)])
    var line = try #require(try await journal.ledger().first)
    #expect((line.delivered, line.deadLettered, line.inFlight) == (1, 0, 1))
    try await journal.settle([Settlement(position: position, destination: "b", outcome: .filtered)])
    try await journal.settle([Settlement(position: position, destination: "b", outcome: .delivered), first])
    line = try #require(try await journal.ledger().first)
    #expect((line.delivered, line.filtered, line.inFlight) == (1, 1, 0))
    #expect(line.balances)
  }

  func verifySettlingUnknown(_ journal: any Journal) async throws {
    let position = try await journal.accept("m1")
    let later = JournalPosition(position.value + 1000)
    try await journal.settle([
      Settlement(position: later, destination: "a", outcome: .delivered),
      Settlement(position: position, destination: "nowhere", outcome: .delivered),
    ])
    try await journal.settle([])
    let line = try #require(try await journal.ledger().first)
    #expect((line.accepted, line.inFlight) == (1, 1))
    #expect(try await journal.unsettled(in: .sample, after: nil, limit: 10).map(\.destinations) == [["a"]])
  }

  func verifyUnsettledIsInOrder(_ journal: any Journal) async throws {
    var positions: [JournalPosition] = []
    for number in 0..<50 { positions.append(try await journal.accept("m\(number)", customer: "c\(number % 3)")) }
    for number in stride(from: 0, to: 50, by: 2) {
      try await journal.settle([Settlement(position: positions[number], destination: "a", outcome: .delivered)])
    }
    for customer in 0..<3 {
      let open = try await journal.unsettled(in: .accepted(integration: "orders", customer: "c\(customer)"), after: nil, limit: 100)
      #expect(open.map(\.message.id) == stride(from: 1, to: 50, by: 2).filter { $0 % 3 == customer }.map { "m\($0)" })
      #expect(open.map(\.position) == open.map(\.position).sorted())
    }
    #expect(try await journal.unsettled(in: .accepted(integration: "other", customer: "c0"), after: nil, limit: 100).isEmpty)
    #expect(try await journal.unsettled(in: .replays(integration: "orders"), after: nil, limit: 100).isEmpty)
  }

  func verifyUnsettledOfOneDestination(_ journal: any Journal) async throws {
    let first = try await journal.accept("m1", destinations: ["a", "b"])
    try await journal.accept("m2", destinations: ["b"])
    let third = try await journal.accept("m3", destinations: ["a"])
    func open(at destination: String, after position: JournalPosition? = nil) async throws -> [String] {
      let lane = JournalLane.accepted(integration: "orders", customer: "acme", destination: destination)
      return try await journal.unsettled(in: lane, after: position, limit: 10).map(\.message.id)
    }
    #expect(try await open(at: "a") == ["m1", "m3"])
    #expect(try await open(at: "a", after: first) == ["m3"])
    #expect(try await open(at: "nowhere") == [])
    try await journal.settle([Settlement(position: first, destination: "a", outcome: .delivered)])
    #expect(try await open(at: "a") == ["m3"])
    #expect(try await open(at: "b") == ["m1", "m2"])
    try await journal.settle([Settlement(position: third, destination: "a", outcome: .filtered)])
    #expect(try await open(at: "a") == [])
  }

  func verifyUnsettledIsPaged(_ journal: any Journal) async throws {
    for number in 0..<10 { try await journal.accept("m\(number)") }
    var seen: [String] = []
    var last: JournalPosition?
    while true {
      let page = try await journal.unsettled(in: .sample, after: last, limit: 3)
      #expect(page.count <= 3)
      guard let end = page.last else { break }
      seen += page.map(\.message.id)
      last = end.position
    }
    #expect(seen == (0..<10).map { "m\($0)" })
    #expect(try await journal.unsettled(in: .sample, after: nil, limit: 0).isEmpty)
  }

  /// A page ends with the message that makes it as large as it may be, wherever the journal has its payload.
  func verifyUnsettledIsBounded(_ journal: any Journal) async throws {
    let sizes = [10, 400 << 10, 0, 300 << 10, 20, 1 << 20, 5]
    for (number, size) in sizes.enumerated() {
      var entry = JournalEntry.sample("m\(number)")
      entry.message.payload = [UInt8](repeating: 7, count: size)
      _ = try #require(try await journal.append([entry]).first?.position)
    }
    func pages(limit: Int, maxSize: ByteCount) async throws -> [[Int]] {
      var (pages, last): ([[Int]], JournalPosition?) = ([], nil)
      while true {
        let page = try await journal.unsettled(in: .sample, after: last, limit: limit, maxSize: maxSize)
        if let end = page.entries.last { pages.append(page.entries.map(\.message.payload.count)); last = end.position }
        #expect(page.isEnd || !page.entries.isEmpty)
        if page.isEnd || page.entries.isEmpty { return pages }
      }
    }
    #expect(try await pages(limit: 100, maxSize: .kibibytes(350)) == [[10, 400 << 10], [0, 300 << 10, 20, 1 << 20], [5]])
    #expect(try await pages(limit: 100, maxSize: ByteCount(1)) == [[10], [400 << 10], [0, 300 << 10], [20], [1 << 20], [5]])
    #expect(try await pages(limit: 2, maxSize: .mebibytes(8)) == [[10, 400 << 10], [0, 300 << 10], [20, 1 << 20], [5]])
    #expect(try await pages(limit: 100, maxSize: .mebibytes(8)) == [sizes])
    let lane = JournalLane.accepted(integration: "orders", customer: "acme", destination: "a")
    let page = try await journal.unsettled(in: lane, after: nil, limit: 100, maxSize: .kibibytes(1))
    #expect(page.entries.map(\.message.payload.count) == [10, 400 << 10] && !page.isEnd)
  }

  func verifyUnsettledNamesWhatIsOpen(_ journal: any Journal) async throws {
    let position = try await journal.accept("m1", destinations: ["a", "b", "c"])
    try await journal.settle([Settlement(position: position, destination: "b", outcome: .deadLettered)])
    let open = try #require(try await journal.unsettled(in: .sample, after: nil, limit: 10).first)
    #expect(open.position == position)
    #expect(open.destinations.sorted() == ["a", "c"])
  }

  func verifyMessagesComeBackWhole(_ journal: any Journal) async throws {
    let metadata = MessageMetadata(
      customerID: "acme",
      tenantID: "tenant",
      integrationID: "orders",
      source: "webhook",
      correlationID: "correlation",
      traceID: "0af7651916cd43dd8448eb211c80319c"
    )
    let payloads: [[UInt8]] = [[], Array(0...255), Array("naïve ✓".utf8), [UInt8](repeating: 7, count: 1 << 20)]
    let messages = payloads.enumerated().map { number, payload in
      Message(
        id: "m\(number)/ü",
        payload: payload,
        contentType: "application/json; charset=utf-8",
        metadata: metadata,
        headers: MessageHeaders([.init(name: "X-A", value: "1"), .init(name: "x-a", value: "zwei ✓"), .init(name: "B", value: "")]),
        timestamp: Timestamp(nanoseconds: 1_700_000_000_123_456_789)
      )
    }
    _ = try await journal.append(messages.map { JournalEntry(message: $0, destinations: ["a"]) })
    #expect(try await journal.unsettled(in: .sample, after: nil, limit: 10).map(\.message) == messages)
  }

  func verifyAttempts(_ journal: any Journal) async throws {
    let position = try await journal.accept("m1", destinations: ["a", "b"])
    let one = DeadLetter.Attempt(time: Timestamp(nanoseconds: 1), error: "one ✓")
    let two = DeadLetter.Attempt(time: Timestamp(nanoseconds: 2), error: "")
    try await journal.note([FailedAttempts(position: position, destination: "a", attempts: [one])])
    try await journal.note([
      FailedAttempts(position: position, destination: "a", attempts: [one, two]),
      FailedAttempts(position: position, destination: "b", attempts: [two]),
      FailedAttempts(position: position, destination: "nowhere", attempts: [two]),
      FailedAttempts(position: JournalPosition(position.value + 1000), destination: "a", attempts: [two]),
    ])
    try await journal.note([])
    func kept() async throws -> [[String: [DeadLetter.Attempt]]] {
      try await journal.unsettled(in: .sample, after: nil, limit: 10).map(\.attempts)
    }
    // A journal that keeps none must take them all the same.
    #expect(try await kept() == (journal.keepsAttempts ? [["a": [one, two], "b": [two]]] : [[:]]))
    try await journal.settle([Settlement(position: position, destination: "a", outcome: .delivered)])
    #expect(try await kept() == (journal.keepsAttempts ? [["b": [two]]] : [[:]]))
    try await journal.settle([Settlement(position: position, destination: "b", outcome: .deadLettered)])
    try await journal.note([FailedAttempts(position: position, destination: "b", attempts: [one])])
    #expect(try await kept() == [])
    #expect(try await journal.ledger().allSatisfy(\.balances))
  }

  func verifyLedgerBalances(_ journal: any Journal) async throws {
    let outcomes = Settlement.Outcome.allCases
    for number in 0..<60 {
      let position = try await journal.accept("m\(number)", customer: "c\(number % 4)", destinations: ["a", "b"])
      if number % 5 != 0 {
        try await journal.settle([Settlement(position: position, destination: "a", outcome: outcomes[number % 3])])
      }
      #expect(try await journal.ledger().allSatisfy(\.balances))
    }
    let ledger = try await journal.ledger()
    #expect(ledger.map(\.customerID).sorted() == ["c0", "c1", "c2", "c3"])
    #expect(ledger.map(\.accepted).reduce(0, +) == 120)
    #expect(ledger.map(\.inFlight).reduce(0, +) == 72)
    #expect(ledger.map(\.delivered).reduce(0, +) == 16)
  }

  func verifyConcurrentCalls(_ journal: any Journal) async throws {
    let (writers, perWriter) = (16, 100)
    try await withThrowingDiscardingTaskGroup { group in
      for writer in 0..<writers {
        group.addTask {
          for number in 0..<perWriter {
            // Every id is sent by two writers at about the same time.
            let id = "m\(writer / 2)-\(number)"
            guard let position = try await journal.append([.sample(id, destinations: ["a", "b"])]).first?.position else { continue }
            try await journal.settle([
              Settlement(position: position, destination: "a", outcome: .delivered),
              Settlement(position: position, destination: "b", outcome: .filtered),
            ])
          }
        }
      }
    }
    let line = try #require(try await journal.ledger().first)
    #expect(line.accepted == writers * perWriter)
    #expect(line.duplicates == writers * perWriter / 2)
    #expect((line.delivered, line.filtered, line.inFlight) == (writers * perWriter / 2, writers * perWriter / 2, 0))
    #expect(try await journal.unsettled(in: .sample, after: nil, limit: 1).isEmpty)
  }
}
