import RopewalkCore
import RopewalkJournal
import RopewalkSQLite
import RopewalkTesting
import Testing

@Suite(.takesTurns) struct KillTests {
  /// A process appends and settles as fast as it can and is killed after a number of acknowledgements that the seed decides.
  @Test(arguments: [1, 2, 3, 4, 5, 6] as [UInt64])
  func whatWasAcknowledgedIsThere(seed: UInt64) async throws {
    var generator = SeededGenerator(seed: seed)
    try await withFolder { folder in
      var accepted: [UInt64: Accepted] = [:]
      var settled: Set<UInt64> = []
      for _ in 0..<2 {
        let count = Int.random(in: 1...3000, using: &generator)
        let lines = try await Child.with("append", folder) { child in
          try await child.waitForLines(count)
          try child.kill()
        }
        for words in lines.map({ $0.split(separator: " ") }) {
          if words[0] == "accepted" { accepted[UInt64(words[1])!] = Accepted(id: String(words[2]), size: Int(words[3])!) }
          if words[0] == "settled" { settled.insert(UInt64(words[1])!) }
        }
      }
      try await SQLiteJournal.with(folder) { journal async throws in
        var open: [UInt64: Accepted] = [:]
        for entry in try await journal.unsettled(in: .acme, after: nil, limit: .max) {
          open[entry.position.value] = Accepted(id: entry.message.id, size: entry.message.payload.count)
          #expect(entry.message.payload.allSatisfy { $0 == 7 }, "seed \(seed), position \(entry.position)")
        }
        for (position, message) in accepted where !settled.contains(position) {
          // It may have been settled without anybody hearing of it.
          #expect(open[position] == message || (position.isMultiple(of: 3) && open[position] == nil), "seed \(seed), position \(position)")
        }
        #expect(settled.allSatisfy { open[$0] == nil }, "seed \(seed)")
        // What a message that is gone had in a file is gone too.
        let large = open.values.count { $0.size > SQLiteJournalSettings().maxInlinePayload.bytes }
        #expect(try folder.payloads.count == large, "seed \(seed)")
        let line = try #require(try await journal.ledger().first)
        #expect(line.balances)
        #expect(line.accepted >= 2 * accepted.count)
      }
    }
  }

  private struct Accepted: Equatable {
    var id: String
    var size: Int
  }
}
