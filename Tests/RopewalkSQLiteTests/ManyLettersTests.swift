import Logging
import RopewalkCore
import RopewalkJournal
import RopewalkSQLite
import RopewalkTesting
import Testing

@Suite(.takesTurns) struct ManyLettersTests {
  /// Generous: what it must not do is look at all letters for each that it shows.
  private static let bound = Duration.seconds(5)

  @Test func aHundredThousandLettersAreListedAtOnce() async throws {
    try await withFolder { folder in
      let settings = SQLiteJournalSettings(durability: .process)
      let journal = try SQLiteJournal(folder: folder.path, settings: settings, logger: .quiet)
      for thousand in 0..<100 {
        try await journal.settle([], deadLetters: (0..<1000).map { letter(thousand * 1000 + $0) })
      }
      let clock = ContinuousClock()
      var found: [DeadLetter] = []
      let first = try await clock.measure { found = try await journal.deadLetters(matching: DeadLetterQuery(), after: nil, limit: 51) }
      #expect(found.count == 51)
      let none = try await clock.measure {
        found = try await journal.deadLetters(matching: DeadLetterQuery(customer: "nobody"), after: nil, limit: 51)
      }
      #expect(found.isEmpty)
      let named = try await clock.measure {
        found = try await journal.deadLetters(matching: DeadLetterQuery(ids: ["L\(1_099_999)"]), after: nil, limit: 1)
      }
      #expect(found.count == 1)
      #expect(first < Self.bound && none < Self.bound && named < Self.bound, "\(first) \(none) \(named)")
      try journal.close()
    }
  }

  private func letter(_ number: Int) -> DeadLetter {
    DeadLetter(
      id: "L\(1_000_000 + number)",
      messageID: "m\(number)",
      integration: "orders",
      customer: "acme",
      destinations: ["a"],
      stage: "convert",
      payload: [UInt8](repeating: 0x61, count: 1000),
      originalPayload: [UInt8](repeating: 0x62, count: 1000),
      receivedAt: Timestamp(nanoseconds: 0),
      failedAt: Timestamp(nanoseconds: 0)
    )
  }
}
