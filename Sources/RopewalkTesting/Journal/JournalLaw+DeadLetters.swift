import RopewalkCore
import RopewalkJournal
import Testing

extension JournalLaw {
  func verifyLedgerNamesTheOldest(_ journal: any Journal) async throws {
    let times = [30, 10, 20].map { Timestamp(nanoseconds: 1_700_000_000_000_000_000 + $0) }
    var positions: [JournalPosition] = []
    for (number, time) in times.enumerated() {
      var entry = JournalEntry.sample("m\(number)")
      entry.message.timestamp = time
      positions.append(try #require(try await journal.append([entry]).first?.position))
    }
    #expect(try await journal.ledger().first?.oldestInFlight == times[1])
    for position in positions { try await journal.settle([Settlement(position: position, destination: "a", outcome: .delivered)]) }
    #expect(try await journal.ledger().map(\.oldestInFlight) == [nil])
  }

  func verifyLettersAreKept(_ journal: any Journal) async throws {
    let position = try await journal.accept("m1", destinations: ["a", "b"])
    let letter = DeadLetter.sample("1", message: "m1", destinations: ["a", "b"])
    let ends = ["a", "b"].map { Settlement(position: position, destination: $0, outcome: .deadLettered) }
    try await journal.settle(ends, deadLetters: [letter])
    // As when the answer to the first call was lost.
    try await journal.settle(ends, deadLetters: [letter])
    #expect(try await journal.deadLetters(matching: DeadLetterQuery(), after: nil, limit: 10) == [letter])
    let line = try #require(try await journal.ledger().first)
    #expect((line.accepted, line.deadLettered, line.inFlight) == (2, 2, 0))
  }

  func verifyLettersComeBackWhole(_ journal: any Journal) async throws {
    let position = try await journal.accept("m1")
    var letter = DeadLetter.sample("1", message: "m1")
    letter.tenant = "tenant"
    letter.source = "webhook"
    letter.plugin = "invoice.ts"
    letter.pluginVersion = "sha256:00ff"
    letter.code = "step.failed"
    letter.guestCode = "NO_TOTAL"
    letter.message = "there is no total ✓"
    letter.backtrace = ["at total (invoice.ts:3:7)", "at process (invoice.ts:1:1)"]
    letter.attempts = [.init(time: Timestamp(nanoseconds: 1), error: "one"), .init(time: Timestamp(nanoseconds: 2), error: "two")]
    letter.payload = Array(0...255)
    letter.contentType = "application/json"
    letter.headers = MessageHeaders([.init(name: "Authorization", value: "Bearer x"), .init(name: "X-A", value: "zwei ✓")])
    letter.originalPayload = [UInt8](repeating: 7, count: 1 << 20)
    letter.originalContentType = "application/xml"
    letter.originalHeaders = MessageHeaders([.init(name: "X-A", value: "eins")])
    letter.firstStage = "convert"
    letter.correlationID = "correlation"
    letter.traceID = "0af7651916cd43dd8448eb211c80319c"
    letter.replayOf = "0"
    try await journal.settle([Settlement(position: position, destination: "a", outcome: .deadLettered)], deadLetters: [letter])
    #expect(try await journal.deadLetters(matching: DeadLetterQuery(), after: nil, limit: 10) == [letter])
  }

  func verifyLettersAreFound(_ journal: any Journal) async throws {
    var letters: [DeadLetter] = []
    for number in 0..<12 {
      let position = try await journal.accept("m\(number)", customer: "c\(number % 2)")
      var letter = DeadLetter.sample("L\(10 + number)", message: "m\(number)", customer: "c\(number % 2)")
      letter.stage = "step-\(number % 3)"
      letter.code = "code-\(number % 4)"
      letter.guestCode = number == 5 ? "OWN" : ""
      letter.failedAt = Timestamp(nanoseconds: Int64(number))
      letters.append(letter)
      try await journal.settle([Settlement(position: position, destination: "a", outcome: .deadLettered)], deadLetters: [letter])
    }
    let queries = [
      DeadLetterQuery(), DeadLetterQuery(customer: "c1"), DeadLetterQuery(integration: "orders"), DeadLetterQuery(integration: "other"),
      DeadLetterQuery(stage: "step-2"), DeadLetterQuery(code: "code-3"), DeadLetterQuery(code: "OWN"),
      DeadLetterQuery(since: Timestamp(nanoseconds: 4), until: Timestamp(nanoseconds: 7)), DeadLetterQuery(ids: ["L11", "L15", "none"]),
      DeadLetterQuery(customer: "c0", stage: "step-0", code: "code-0"), DeadLetterQuery(state: .replayed), DeadLetterQuery(state: nil),
    ]
    for query in queries {
      #expect(try await journal.deadLetters(matching: query, after: nil, limit: 100) == letters.filter(query.matches), "\(query)")
    }
    let page = try await journal.deadLetters(matching: DeadLetterQuery(customer: "c1"), after: "L13", limit: 2)
    #expect(page.map(\.id) == ["L15", "L17"])
  }

  /// A page ends with the letter that makes it as large as it may be, wherever the journal has its payloads.
  func verifyLettersArePaged(_ journal: any Journal) async throws {
    let sizes = [5, 300 << 10, 0, 100 << 10, 20]
    for (number, size) in sizes.enumerated() {
      var letter = DeadLetter.sample("L\(number)", message: "m\(number)")
      letter.payload = [UInt8](repeating: 7, count: size)
      // Both count.
      letter.originalPayload = number == 3 ? [UInt8](repeating: 8, count: 200 << 10) : [1]
      try await journal.settle([], deadLetters: [letter])
    }
    func pages(limit: Int, maxSize: ByteCount, _ query: DeadLetterQuery = DeadLetterQuery()) async throws -> [[Int]] {
      var (pages, last): ([[Int]], String?) = ([], nil)
      while true {
        let page = try await journal.deadLetters(matching: query, after: last, limit: limit, maxSize: maxSize)
        if !page.letters.isEmpty { pages.append(page.letters.map(\.payload.count)) }
        guard !page.isEnd, let end = page.letters.last else { return pages }
        last = end.id
      }
    }
    let named = DeadLetterQuery(ids: (0..<5).map { "L\($0)" } + ["unknown"])
    for query in [DeadLetterQuery(), named] {
      #expect(try await pages(limit: 100, maxSize: .kibibytes(250), query) == [[5, 300 << 10], [0, 100 << 10], [20]])
      #expect(try await pages(limit: 100, maxSize: ByteCount(2), query) == [[5], [300 << 10], [0, 100 << 10], [20]])
      #expect(try await pages(limit: 2, maxSize: .mebibytes(8), query) == [[5, 300 << 10], [0, 100 << 10], [20]])
      #expect(try await pages(limit: 100, maxSize: .mebibytes(8), query) == [sizes])
    }
    #expect(try await pages(limit: 100, maxSize: .mebibytes(8), DeadLetterQuery(integration: "other")) == [])
  }

  func verifyReplays(_ journal: any Journal) async throws {
    let position = try await journal.accept("m1")
    let letter = DeadLetter.sample("1", message: "m1")
    try await journal.settle([Settlement(position: position, destination: "a", outcome: .deadLettered)], deadLetters: [letter])
    var entry = JournalEntry.sample("m1")
    let replay = Replay(letterID: "1", stage: "step", versions: ["step": "sha256:00ff", "next": "1.0.0"])
    entry.replay = replay
    let results = try await journal.append([entry])
    let again = try #require(results.first?.position)
    #expect(again > position)
    // A letter is sent again once, whoever asks.
    #expect(try await journal.append([entry]) == [.duplicate])
    entry.replay = Replay(letterID: "unknown")
    #expect(try await journal.append([entry]) == [.duplicate])
    let open = try await journal.unsettled(in: .replays(integration: "orders"), after: nil, limit: 10)
    #expect(open.map(\.position) == [again])
    #expect(open.map(\.replay) == [replay])
    #expect(try await journal.unsettled(in: .sample, after: nil, limit: 10).isEmpty)
    #expect(try await journal.unsettled(in: .replays(integration: "other"), after: nil, limit: 10).isEmpty)
    let closed = try #require(try await journal.deadLetters(matching: DeadLetterQuery(state: .replayed), after: nil, limit: 10).first)
    guard case .replayed(_, let replayed) = closed.state else { return #expect(Bool(false), "\(closed.state)") }
    #expect(replayed == again)
    #expect(try await journal.deadLetters(matching: DeadLetterQuery(), after: nil, limit: 10).isEmpty)
    try await journal.settle([Settlement(position: again, destination: "a", outcome: .delivered)])
    let line = try #require(try await journal.ledger().first)
    #expect((line.accepted, line.delivered, line.deadLettered, line.duplicates) == (2, 1, 1, 0))
  }

  func verifyDiscarding(_ journal: any Journal) async throws {
    for number in 1...2 {
      let position = try await journal.accept("m\(number)")
      let letter = DeadLetter.sample("\(number)", message: "m\(number)")
      try await journal.settle([Settlement(position: position, destination: "a", outcome: .deadLettered)], deadLetters: [letter])
    }
    #expect(try await journal.discard(deadLetters: ["1", "unknown"], reason: "a test order") == 1)
    #expect(try await journal.discard(deadLetters: ["1"], reason: "again") == 0)
    #expect(try await journal.deadLetters(matching: DeadLetterQuery(), after: nil, limit: 10).map(\.id) == ["2"])
    let closed = try #require(try await journal.deadLetters(matching: DeadLetterQuery(state: .discarded), after: nil, limit: 10).first)
    guard case .discarded(_, let reason) = closed.state else { return #expect(Bool(false), "\(closed.state)") }
    #expect(closed.id == "1" && reason == "a test order")
  }
}

extension DeadLetter {
  static func sample(_ id: String, message: String, customer: String = "acme", destinations: [String] = ["a"]) -> DeadLetter {
    DeadLetter(
      id: id,
      messageID: message,
      integration: "orders",
      customer: customer,
      destinations: destinations,
      stage: deliveryStage,
      payload: Array(message.utf8),
      originalPayload: Array(message.utf8),
      receivedAt: Timestamp(nanoseconds: 1_700_000_000_000_000_000),
      failedAt: Timestamp(nanoseconds: 1_700_000_001_000_000_000)
    )
  }
}
