import RopewalkCore
import RopewalkJournal
import Testing

@testable import RopewalkCommands

@Suite struct LedgerReportTests {
  private let now = Timestamp(nanoseconds: 1_800_000_000_000_000_000)

  private var entries: [LedgerEntry] {
    let oldest = now.advanced(by: .seconds(-600))
    return [
      LedgerEntry(integrationID: "a", customerID: "x", accepted: 1234, delivered: 1000, filtered: 200, deadLettered: 30, inFlight: 4),
      LedgerEntry(integrationID: "b", customerID: "y", accepted: 5, delivered: 2, inFlight: 3, duplicates: 7, oldestInFlight: oldest),
    ]
  }

  @Test func sumsUp() {
    let report = LedgerReport(entries)
    #expect(report.unbalanced.isEmpty)
    #expect(report.total.accepted == 1239 && report.total.delivered == 1002 && report.total.inFlight == 7 && report.total.duplicates == 7)
    let lines = report.text(now: now).split(separator: "\n")
    #expect(lines.count == 4)
    #expect(lines[2].contains("10m") && lines[3].hasPrefix("total") && lines[3].contains("1,239"))
    #expect(report.json(now: now)["lines"]?.array?.last?["oldestInFlightSeconds"] == 600)
    #expect(report.json(now: now)["balances"] == true)
  }

  @Test func saysWhichLineDoesNotHold() {
    var entries = entries
    entries[1].delivered -= 1
    let report = LedgerReport(entries)
    #expect(report.unbalanced.map(\.integrationID) == ["b"])
    #expect(report.complaint.contains("b of y by 1"))
    #expect(report.text(now: now).contains("BROKEN"))
    #expect(report.json(now: now)["balances"] == false)
    #expect(ErrorCode.ledgerUnbalanced.kind.exitCode == 79)
  }
}

@Suite struct TimeArgumentTests {
  /// 2026-11-21T10:15:30Z
  private let now = Timestamp(nanoseconds: 1_795_256_130_000_000_000)

  @Test(arguments: [
    ("2h", "2026-11-21T08:15:30.000Z"), ("3d", "2026-11-18T10:15:30.000Z"), ("1d12h", "2026-11-19T22:15:30.000Z"),
    ("1w", "2026-11-14T10:15:30.000Z"), ("90m", "2026-11-21T08:45:30.000Z"), ("2026-02-28", "2026-02-28T00:00:00.000Z"),
    ("2024-02-29", "2024-02-29T00:00:00.000Z"), ("2026-11-21T10:15", "2026-11-21T10:15:00.000Z"),
    ("2026-11-21T10:15:30.5Z", "2026-11-21T10:15:30.500Z"), ("1970-01-01", "1970-01-01T00:00:00.000Z"),
    ("2100-12-31T23:59:59Z", "2100-12-31T23:59:59.000Z"), ("100000w", "1970-01-01T00:00:00.000Z"),
  ])
  func reads(text: String, expected: String) {
    #expect(now.description == "2026-11-21T10:15:30.000Z")
    #expect(TimeArgument(text, now: now)?.time.description == expected)
  }

  @Test(arguments: [
    "", "soon", "d", "2026-02-30", "2025-02-29", "2026-13-01", "2026-11-21T25:00", "2026-11-21T10", "26-11-21", "-2h", "2026-11-21T-1:00",
  ])
  func refuses(text: String) {
    #expect(TimeArgument(text, now: now) == nil)
  }
}

@Suite struct TerminalTextTests {
  @Test func controlCharactersCannotReachTheTerminal() {
    #expect(TerminalText.safe("a\u{1B}[2Jb\r\u{9B}c\n\td") == "a\\u{1B}[2Jb\\u{D}\\u{9B}c\n\td")
    #expect(TerminalText.line("one\ntwo", width: 40) == "one two")
    #expect(TerminalText.line("abcdef", width: 4) == "abc…")
  }

  @Test func payloadsAreReadable() {
    #expect(PayloadText.text(Array(#"{"a":[1]}"#.utf8)).contains("\n"))
    #expect(PayloadText.text([]) == "(empty)")
    #expect(PayloadText.text([0xFF, 0x41]).hasPrefix("0000  ff 41"))
    #expect(PayloadText.grouped(1_234_567) == "1,234,567" && PayloadText.grouped(12) == "12")
  }

  @Test(arguments: [("50/s", 50.0), ("600/m", 10), ("2", 2), ("1/h", 1.0 / 3600)]) func readsRates(text: String, perSecond: Double) {
    #expect(ReplayRate(argument: text)?.perSecond == perSecond)
  }

  @Test(arguments: ["0/s", "-1/s", "x", "5/d", "1/s/s", "", "inf/s", "nan/s", "1e-300/s"]) func refusesRates(text: String) {
    #expect(ReplayRate(argument: text) == nil)
    #expect(ReplayRate(argument: "unlimited") != nil)
  }
}
