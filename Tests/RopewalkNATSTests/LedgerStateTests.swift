import RopewalkCore
import RopewalkJournal
import Testing

@testable import RopewalkNATS

/// The fold over the records, without a server.
struct LedgerStateTests {
  private static let line = LedgerRecord.Line(integration: "orders", customer: "acme")

  private static func letter(_ id: String, at sequence: UInt64 = 1) -> LedgerRecord.Letter {
    LedgerRecord.Letter(
      id: id,
      sequence: sequence,
      line: line,
      stage: DeadLetter.deliveryStage,
      code: "delivery.failed",
      guestCode: "",
      failedAt: Timestamp(nanoseconds: 5)
    )
  }

  private static func time(_ seconds: Int64) -> Timestamp { Timestamp(nanoseconds: seconds * 1_000_000_000) }

  @Test func aLettersAgeCountsFromItsRecord() throws {
    var ledger = LedgerState(maxLines: 10)
    ledger.apply(LedgerRecord(letters: [Self.letter("1")]), at: 1, Self.time(100))
    ledger.apply(LedgerRecord(letters: [Self.letter("2")]), at: 2, Self.time(130))
    func ages(_ ledger: LedgerState) -> [Duration] {
      ledger.letters.values.map { ledger.age(of: $0, at: Self.time(160)) }.sorted()
    }
    #expect(ages(ledger) == [.seconds(30), .seconds(60)])
    let read = try LedgerState(bytes: ledger.bytes, maxLines: 10)
    #expect(read == ledger && ages(read) == ages(ledger))
  }

  /// Letters of a snapshot that does not say when they were recorded count from when it was first read.
  @Test func theFirstSnapshotsAreRead() throws {
    var texts = TextTable()
    var body = ByteWriter()
    body.write(UInt64(7))
    for _ in ["lines", "partials", "completed"] { body.write(0) }
    body.write([Self.letter("1", at: 3)]) {
      $0.write($1, &texts)
      $0.write(UInt64(0))
      $0.write(0)
    }
    var writer = ByteWriter()
    writer.write(UInt64(1))
    writer.write(texts.texts) { $0.write($1) }
    writer.append(body)
    var ledger = try LedgerState(bytes: writer.bytes, maxLines: 10)
    #expect(ledger.sequence == 7 && ledger.openLetters == 1 && ledger.since == nil)
    let letter = try #require(ledger.letters["1"])
    #expect(letter.record == Self.letter("1", at: 3))
    #expect(ledger.age(of: letter, at: Self.time(100)) == .zero)
    ledger.since = Self.time(100)
    let again = try LedgerState(bytes: ledger.bytes, maxLines: 10)
    #expect(again == ledger && again.age(of: letter, at: Self.time(160)) == .seconds(60))
  }

  @Test func aLetterThatIsNamedAgainLiesWhereTheLaterRecordSays() {
    var ledger = LedgerState(maxLines: 10)
    ledger.apply(LedgerRecord(letters: [Self.letter("1", at: 3)]), at: 1, Self.time(100))
    ledger.apply(LedgerRecord(discarded: [.init(letterID: "1", reason: "a test", time: Self.time(0))]), at: 2, Self.time(110))
    ledger.apply(LedgerRecord(letters: [Self.letter("1", at: 9)]), at: 3, Self.time(130))
    #expect(ledger.letters["1"]?.record.sequence == 9)
    #expect(ledger.letters["1"]?.recordedAt == Self.time(100))
    #expect(ledger.letters["1"]?.state == .discarded(at: Self.time(0), reason: "a test") && ledger.openLetters == 0)
  }
}
