import RopewalkCore
import Testing

@Suite struct TextTests {
  @Test(arguments: [("5s", Duration.seconds(5)), ("250ms", .milliseconds(250)), ("1h30m", .seconds(5400)), ("1.5m", .seconds(90))])
  func parsesDurations(text: String, expected: Duration) {
    #expect(Duration(parsing: text) == expected)
  }

  @Test(arguments: ["", "5", "s", "-5s", "5 s", "5parsecs", "1e9h"])
  func refusesWhatIsNoDuration(text: String) {
    #expect(Duration(parsing: text) == nil)
  }

  @Test(arguments: [("128Mi", 128 << 20), ("64Ki", 64 << 10), ("10M", 10_000_000), ("512", 512), ("7B", 7)])
  func parsesSizes(text: String, expected: Int) {
    #expect(ByteCount(parsing: text)?.bytes == expected)
  }

  @Test(arguments: ["", "Mi", "-1", "1.5Mi", "9999999999Gi", "12 Mi"])
  func refusesWhatIsNoSize(text: String) {
    #expect(ByteCount(parsing: text) == nil)
  }

  @Test func findsTheWordThatWasMeant() {
    let known = ["timeout", "memoryLimit", "cpuWeight"]
    #expect(nearestWord(to: "timeuot", among: known) == "timeout")
    #expect(nearestWord(to: "memorylimit", among: known) == "memoryLimit")
    #expect(nearestWord(to: "colour", among: known) == nil)
  }

  @Test func writesTimestamps() {
    #expect(Timestamp(nanoseconds: 0).description == "1970-01-01T00:00:00.000Z")
    #expect(Timestamp(nanoseconds: 1_709_164_799_999_000_000).description == "2024-02-28T23:59:59.999Z")
    #expect(Timestamp(nanoseconds: -1_000_000).description == "1969-12-31T23:59:59.999Z")
  }

  @Test func comparesHeaderNamesWithoutCase() {
    var headers = MessageHeaders([.init(name: "Content-Type", value: "a"), .init(name: "[", value: "b")])
    #expect(headers["content-type"] == "a")
    #expect(headers["{"] == nil)
    headers["CONTENT-TYPE"] = nil
    #expect(headers.fields.count == 1)
  }

  @Test func hidesSecrets() {
    let secret = Secret("hunter2")
    #expect("\(secret) \(String(reflecting: secret))" == "*** ***")
  }
}
