import RopewalkCore
import RopewalkJournal
import Testing

@testable import RopewalkNATS

/// How a node's copy of the ledger is read, without a server.
struct LedgerReadingTests {
  private static let line = LedgerRecord.Line(integration: "orders", customer: "acme")

  private static func message(_ sequence: UInt64, _ place: UInt64, subject: String = "settled", _ payload: [UInt8]? = nil) -> Delivered {
    Delivered(
      subject: subject,
      payload: payload ?? LedgerRecord(duplicates: [.init(line: line, count: 1)]).bytes,
      reply: "",
      sequence: sequence,
      consumerSequence: place,
      deliveries: 1,
      pending: 0
    )
  }

  /// A reading that has these records.
  private static func reading(_ records: ClosedRange<UInt64>) -> LedgerReading {
    var reading = LedgerReading(LedgerState(maxLines: 10), snapshot: 0)
    _ = reading.begin()
    for sequence in records { _ = reading.take(message(sequence, sequence), of: 1, snapshots: "snapshot") }
    return reading
  }

  @Test func whatWasLostOnItsWayIsReadAgain() {
    var reading = Self.reading(1...2)
    #expect(reading.take(Self.message(4, 4), of: 1, snapshots: "snapshot") == .lost)
    let again = reading.begin()
    #expect(again?.reading == 2 && again?.start == 3)
    #expect(reading.take(Self.message(3, 3), of: 1, snapshots: "snapshot") == .stale)
    #expect(reading.take(Self.message(3, 1), of: 2, snapshots: "snapshot") == .taken)
    #expect(reading.ledger.sequence == 3 && reading.ledger.lines[Self.line]?.duplicates == 3)
  }

  @Test func whatHasGoneIsInTheLastSnapshot() {
    var reading = Self.reading(1...2)
    #expect(reading.take(Self.message(5, 3), of: 1, snapshots: "snapshot") == .gone)
    // Until then nothing is taken, read or written.
    #expect(reading.take(Self.message(3, 3), of: 1, snapshots: "snapshot") == .stale)
    #expect(reading.isBehind)
    #expect(reading.begin() == nil)
    #expect(reading.snapshotIfDue(after: 1) == nil)
    let isWhole = reading.goOn(from: Self.reading(1...6).ledger, snapshot: 7)
    #expect(isWhole && !reading.isBehind)
    let again = reading.begin()
    #expect(again?.reading == 2 && again?.start == 7)
    #expect(reading.take(Self.message(7, 1, subject: "snapshot"), of: 2, snapshots: "snapshot") == .taken)
    #expect(reading.take(Self.message(8, 2), of: 2, snapshots: "snapshot") == .taken)
    #expect(reading.ledger.sequence == 8 && reading.ledger.lines[Self.line]?.duplicates == 7)
  }

  /// Somebody has removed records by hand. What is behind them counts all the same.
  @Test func whatNoSnapshotHasIsPassed() {
    var reading = Self.reading(1...2)
    #expect(reading.take(Self.message(5, 3), of: 1, snapshots: "snapshot") == .gone)
    let isWhole = reading.goOn(from: Self.reading(1...1).ledger, snapshot: 2)
    #expect(!isWhole && !reading.isBehind)
    let again = reading.begin()
    #expect(again?.reading == 2 && again?.start == 3)
    #expect(reading.take(Self.message(5, 1), of: 2, snapshots: "snapshot") == .taken)
    #expect(reading.ledger.sequence == 5 && reading.ledger.lines[Self.line]?.duplicates == 3)
    // The next ones are looked for in a snapshot first, again.
    #expect(reading.take(Self.message(7, 2), of: 2, snapshots: "snapshot") == .gone)
  }

  /// Otherwise that one would be missing in front of the next, and in no snapshot.
  @Test func aSnapshotIsDueOnceTheLastOneIsPassed() {
    var reading = LedgerReading(LedgerState(maxLines: 10), snapshot: 3)
    _ = reading.begin()
    for sequence in 1...2 as ClosedRange<UInt64> { _ = reading.take(Self.message(sequence, sequence), of: 1, snapshots: "snapshot") }
    #expect(reading.snapshotIfDue(after: 2) == nil)
    _ = reading.take(Self.message(3, 3, subject: "snapshot"), of: 1, snapshots: "snapshot")
    for sequence in 4...5 as ClosedRange<UInt64> { _ = reading.take(Self.message(sequence, sequence), of: 1, snapshots: "snapshot") }
    let due = reading.snapshotIfDue(after: 2)
    #expect(due?.previous == 3 && due?.ledger.sequence == 5)
    #expect(reading.snapshotIfDue(after: 2) == nil)
  }

  @Test func nothingIsTakenBehindARecordThatCannotBeRead() {
    var reading = Self.reading(1...2)
    #expect(reading.take(Self.message(3, 3, [99]), of: 1, snapshots: "snapshot") == .unreadable)
    #expect(reading.failure?.code == .recordUnreadable && reading.failure?.message.contains("another version (99") == true)
    #expect(reading.take(Self.message(4, 4), of: 1, snapshots: "snapshot") == .stale)
    #expect(reading.begin() == nil)
    #expect(reading.snapshotIfDue(after: 1) == nil)
    #expect(reading.ledger.sequence == 2 && reading.ledger.lines[Self.line]?.duplicates == 2)
    // What it failed of first is what helps.
    reading.fail(RopewalkError(.natsClosed, "closed"))
    #expect(reading.failure?.code == .recordUnreadable)
  }
}
