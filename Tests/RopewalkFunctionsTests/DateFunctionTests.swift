import RopewalkCore
import RopewalkFunctions
import RopewalkTesting
import Testing

@Suite(.takesTurns) struct DateFunctionTests {
  @Test(
    arguments: [
      ("2026-11-21T10:15:30Z", [:], "2026-11-21T10:15:30Z"),
      ("2026-11-21T10:15:30.5+02:00", [:], "2026-11-21T10:15:30.500+02:00"),
      ("2026-11-21T10:15:30+02:00", ["offset": "Z"], "2026-11-21T08:15:30Z"),
      ("2026-11-21", ["to": "dd.MM.yyyy"], "21.11.2026"),
      ("2026-11-21T23:30:00Z", ["to": "EEEE, d MMMM yyyy h:mm a XXX", "offset": "+05:30"], "Sunday, 22 November 2026 5:00 AM +05:30"),
      ("0", [:], "1970-01-01T00:00:00Z"),
      ("-1", ["to": "date"], "1969-12-31"),
      ("1700000000", ["to": "rfc3339"], "2023-11-14T22:13:20Z"),
      ("1700000000123", ["to": "yyyyMMdd'T'HHmmss.SSS"], "20231114T221320.123"),
      ("21/11/26 9:05 pm", ["from": "dd/MM/yy h:mm a", "to": "yyyy-MM-dd HH:mm"], "2026-11-21 21:05"),
      ("21 nov 2026", ["from": "d MMM yyyy", "to": "epoch"], "1795219200"),
      ("20261121101530+0100", ["from": "yyyyMMddHHmmssXX", "offset": "Z"], "2026-11-21T09:15:30Z"),
      ("2026-11-21 10:15", ["assumeOffset": "+01:00", "to": "epoch-ms"], "1795252500000"),
      ("2024-02-29", ["to": "EEE 'o''clock' yy"], "Thu o'clock 24"),
    ] as [(String, JSONObject, String)]
  )
  func formatsDates(text: String, options: JSONObject, expected: String) throws {
    #expect(try apply("format-date", text, options) == expected)
  }

  @Test func formatsMembers() throws {
    let json = #"{"d":"2026-11-21","e":1700000000,"n":null,"lines":[{"at":"2026-01-02T03:04:05Z"}]}"#
    #expect(
      try apply("format-date", json, ["fields": ["/d", "/e", "/n", "/absent", "/lines/0/at"], "to": "epoch"])
        == #"{"d":1795219200,"e":1700000000,"n":null,"lines":[{"at":1767323045}]}"#
    )
  }

  @Test(arguments: [
    "", "2026-13-01", "2026-02-29", "2026-11-21T25:00:00Z", "2026-11-21T10:15:30", "tomorrow", "2026-11-21T10:15:30+25:00",
    "99999999999999999999",
    "2026-11-21T10:15:30Zx",
  ])
  func refusesWhatIsNoDate(text: String) {
    let error = #expect(throws: FunctionError.self) { try apply("format-date", text, ["from": "rfc3339"]) }
    #expect(error?.message == "the payload is not a date of the form that 'from' asks for")
  }

  @Test(
    arguments: [["from": "yyyy-QQ"], ["to": "auto"], ["to": "'open"], ["to": "--"], ["offset": "+2"], ["fields": ["d"]], ["zone": "Z"]]
      as [JSONObject]
  )
  func refusesWrongOptions(options: JSONObject) {
    let error = #expect(throws: FunctionError.self) { try apply("format-date", "2026-11-21", options) }
    #expect(error?.code == .functionOption)
    #expect(error?.option == options.keys)
  }

  @Test(arguments: [
    ("2026-01-31", "P1M", "2026-02-28"), ("2024-02-29", "P1Y", "2025-02-28"), ("2026-03-31", "-P1M", "2026-02-28"),
    ("2026-12-31", "P1D", "2027-01-01"), ("2026-11-21T23:00:00+02:00", "PT2H30M", "2026-11-22T01:30:00+02:00"),
    ("2026-11-21", "P2W", "2026-12-05"), ("2026-11-21", "PT24H", "2026-11-22T00:00:00Z"), ("1700000000", "PT1S", "2023-11-14T22:13:21Z"),
    ("2026-11-21", "P1Y2M3DT4H5M6S", "2028-01-24T04:05:06Z"),
  ])
  func addsDurations(text: String, duration: String, expected: String) throws {
    #expect(try apply("add-duration", text, ["duration": .string(duration)]) == expected)
  }

  @Test(arguments: ["", "P", "PT", "1D", "P1", "PD", "P1DT", "P1H", "PT1D", "P1D1Y", "P99999999999D"])
  func refusesWhatIsNoDuration(duration: String) {
    let error = #expect(throws: FunctionError.self) { try apply("add-duration", "2026-11-21", ["duration": .string(duration)]) }
    #expect(error?.option == ["duration"])
  }

  @Test func staysWithinTheYears() {
    let error = #expect(throws: FunctionError.self) { try apply("add-duration", "9999-12-31", ["duration": "P1D"]) }
    #expect(error?.message == "the payload leaves the years 1 to 9999")
    #expect(throws: FunctionError.self) { try apply("add-duration", "0001-01-01", ["duration": "-P1000000000Y"]) }
    #expect(throws: FunctionError.self) { try apply("format-date", "9223372036854775807", ["from": "epoch"]) }
  }
}
