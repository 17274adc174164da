import RopewalkCore
import RopewalkJournal
import RopewalkTesting
import Testing

@Suite struct MemoryJournalTests {
  @Test(arguments: JournalLaw.allCases)
  func keepsTheLaw(_ law: JournalLaw) async throws {
    try await law.verify { limits in MemoryJournal(limits: limits) }
  }

  @Test func isFullByBytesToo() async throws {
    let journal = MemoryJournal(limits: JournalLimits(maxSize: ByteCount(1000)))
    let first = try await journal.append([entry("m1", bytes: 600)])
    #expect(try await journal.append([entry("m2", bytes: 600)]) == [.full])
    #expect(try await journal.append([entry("m3", bytes: 300)]).first?.position != nil)
    let position = try #require(first.first?.position)
    try await journal.settle([Settlement(position: position, destination: "a", outcome: .delivered)])
    #expect(try await journal.append([entry("m2", bytes: 600)]).first?.position != nil)
  }

  @Test func forgetsIdsAfterTheWindow() async throws {
    let clock = VirtualClock()
    let journal = MemoryJournal(limits: JournalLimits(windowDuration: .seconds(60)), clock: clock)
    _ = try await journal.append([entry("m1")])
    clock.advance(by: .seconds(59))
    #expect(try await journal.append([entry("m1")]) == [.duplicate])
    clock.advance(by: .seconds(1))
    #expect(try await journal.append([entry("m1")]).first?.position != nil)
    #expect(try await journal.append([entry("m1")]) == [.duplicate])
  }

  @Test func forgetsTheOldestIdsBeyondTheirNumber() async throws {
    let journal = MemoryJournal(limits: JournalLimits(windowCount: 2))
    for id in ["m1", "m2", "m3"] { _ = try await journal.append([entry(id)]) }
    #expect(try await journal.append([entry("m3")]) == [.duplicate])
    #expect(try await journal.append([entry("m2")]) == [.duplicate])
    #expect(try await journal.append([entry("m1")]).first?.position != nil)
  }

  @Test func customersBeyondTheLedgersLinesShareOneAndKeepTheirIds() async throws {
    let journal = MemoryJournal(limits: JournalLimits(maxLedgerLines: 2))
    for customer in ["a", "b", "c", "d"] {
      #expect(try await journal.append([entry("m1", customer: customer)]).first?.position != nil)
    }
    #expect(try await journal.append([entry("m1", customer: "d")]) == [.duplicate])
    let ledger = try await journal.ledger()
    #expect(ledger.map(\.customerID) == ["*", "a", "b"])
    #expect(ledger.first?.accepted == 2)
    #expect(ledger.allSatisfy { $0.balances })
  }

  private func entry(_ id: String, customer: String = "acme", bytes: Int = 1) -> JournalEntry {
    let metadata = MessageMetadata(customerID: customer, integrationID: "orders")
    return JournalEntry(message: Message(id: id, payload: Array(repeating: 0, count: bytes), metadata: metadata), destinations: ["a"])
  }
}

extension AppendResult {
  fileprivate var position: JournalPosition? { if case .accepted(let position) = self { position } else { nil } }
}
