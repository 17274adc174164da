import RopewalkCore
import RopewalkFunctions
import RopewalkTesting
import Testing

/// What bounds work that grows faster than the payload.
@Suite(.takesTurns) struct WorkAllowanceTests {
  /// The first look at the clock ends the work.
  private static var over: WorkAllowance { WorkAllowance(until: ContinuousClock.now - .seconds(1)) }

  @Test func stepsAreCountedTogether() throws {
    var allowance = WorkAllowance(steps: 10)
    try allowance.spend(6)
    try allowance.spend(4)
    #expect(throws: WorkLimit.steps(10)) { try allowance.spend(1) }
  }

  @Test func theClockIsReadOnceInSoManySteps() throws {
    var allowance = Self.over
    try allowance.spend(WorkAllowance.stepsPerLook)
    #expect(throws: WorkLimit.time) { try allowance.spend(1) }
    #expect(throws: WorkLimit.time) { try allowance.look() }
    var inTime = WorkAllowance(until: ContinuousClock.now + .seconds(3600))
    for _ in 0..<100 { try inTime.spend(WorkAllowance.stepsPerLook) }
    try inTime.look()
  }

  @Test func matchesShareSteps() throws {
    let expression = try RegularExpression("^(a|b)+$")
    let text = String(repeating: "ab", count: 1000)
    var allowance = WorkAllowance(steps: 50_000)
    let found = try expression.matches(text, within: &allowance)
    #expect(found)
    let error = #expect(throws: PatternError.self) {
      for _ in 0..<100 { _ = try expression.matches(text, within: &allowance) }
    }
    #expect(error?.isTimeUp == false)
  }

  @Test(arguments: ["^(a|b)+$", "^[ab]{5,}$", "^(?=(a+))\\1b$", "x"])
  func aMatchEndsWithTheTime(pattern: String) throws {
    let expression = try RegularExpression(pattern)
    var allowance = Self.over
    let error = #expect(throws: PatternError.self) {
      try expression.matches(String(repeating: "a", count: 20_000), within: &allowance)
    }
    #expect(error?.isTimeUp == true)
  }

  @Test func thePatternsOfAValidationShareSteps() throws {
    let patterns = (0..<20).map { JSON.object(["pattern": .string("^(a|b\($0))+$")]) }
    let validator = try SchemaValidator(schema: ["allOf": .array(patterns)])
    let text = JSON.string(String(repeating: "a", count: 10_000))
    #expect(try validator.isValid(text))
    var few = WorkAllowance(steps: 200_000)
    let laborious = #expect(throws: FunctionError.self) { try validator.validate(text, within: &few) }
    #expect(laborious?.code == .schemaLimit)
    var over = Self.over
    let late = #expect(throws: FunctionError.self) { try validator.validate(text, within: &over) }
    #expect(late?.code == .functionTimeout)
  }

  @Test(arguments: [
    (#"{"uniqueItems":true}"#, "[1,2]"), (#"{"const":[1]}"#, "[1]"), (#"{"enum":[[1],[2]]}"#, "[2]"),
    (#"{"multipleOf":3}"#, String(repeating: "3", count: 100_000)), (#"{"items":{"type":"number"}}"#, Text.list(of: 5000)),
    (#"{"properties":{"a":true}}"#, Text.object(of: 5000)), (Text.schema("required", Text.keys(50)), Text.object(of: 50_000)),
    (Text.schema("enum", Text.list(of: 5000)), "0.5"),
  ])
  func aValidationEndsWithTheTime(schema: String, instance: String) throws {
    let validator = try SchemaValidator(schema: try JSON.parse(schema))
    let value = try JSON.parse(instance)
    var over = Self.over
    let late = #expect(throws: FunctionError.self) { try validator.validate(value, within: &over) }
    #expect(late?.code == .functionTimeout)
  }

  @Test func compilingEndsWithTheTime() throws {
    let schema = #"{"allOf":["# + Array(repeating: "{}", count: 100).joined(separator: ",") + "]}"
    let late = #expect(throws: FunctionError.self) {
      try SchemaCache().validate(Array("1".utf8), against: Array(schema.utf8), within: Self.over)
    }
    #expect(late?.code == .functionTimeout)
  }

  @Test func whatASchemaTakesIsBounded() throws {
    let patterns = JSON.array(Array(repeating: ["pattern": "(?:(?:a{3}){90}){90}"], count: 30))
    let tooLarge = #expect(throws: FunctionError.self) { try SchemaValidator(schema: ["allOf": patterns]) }
    #expect(tooLarge?.code == .schemaLimit)
    let below = JSON.object(["allOf": .array(Array(repeating: true, count: 200))])
    let tooLong = #expect(throws: FunctionError.self) {
      try SchemaValidator(schema: ["properties": .object([String(repeating: "k", count: 100_000): below])])
    }
    #expect(tooLong?.code == .schemaLimit)
  }

  @Test func whatIsListedIsBounded() throws {
    let validator = try SchemaValidator(schema: ["additionalProperties": ["items": false]])
    let ones = JSON.array(Array(repeating: 1, count: 100))
    let violations = try validator.validate(.object([String(repeating: "k", count: 300_000): ones]))
    #expect(violations.count == 4)
  }

  /// Unicode forms of one text are many values with, once, one hash.
  @Test func formsOfOneTextAreToldApartQuickly() throws {
    let texts = (0..<1 << 14).map { number in
      JSON.string((0..<14).map { (bit: Int) -> String in number >> bit & 1 == 0 ? "\u{E9}" : "e\u{301}" }.joined())
    }
    let validator = try SchemaValidator(schema: ["uniqueItems": true])
    let time = try ProcessorTime.spent { () throws in #expect(try validator.isValid(.array(texts))) }
    #expect(time < .seconds(10))
  }

  @Test func aDivisionIsBounded() throws {
    let divisor = String(repeating: "1234567", count: 5000)
    let validator = try SchemaValidator(schema: try JSON.parse("{\"multipleOf\":\(divisor)}"))
    let number = try JSON.parse(divisor + divisor)
    let time = try ProcessorTime.spent { () throws in _ = try validator.isValid(number) }
    #expect(time < .seconds(5))
  }

  @Test(
    arguments: [
      ("remove", ["members": ["/a"]]), ("pick", ["members": ["/a"]]), ("rename", ["members": ["/a": "/b"]]),
      ("set", ["members": ["/a": 1]]), ("upper-case", ["fields": ["/a"]]), ("format-date", ["fields": ["/a"]]),
    ] as [(String, JSONObject)]
  )
  func pointersAreFollowedWithinTheTime(function: String, options: JSONObject) throws {
    let late = #expect(throws: FunctionError.self) {
      try FunctionLibrary.lookup(function).apply(Array(#"{"a":"2026-01-31"}"#.utf8), options: options, within: Self.over)
    }
    #expect(late?.code == .functionTimeout)
  }

  /// A short payload that becomes a long one.
  @Test(arguments: [
    ("csv-to-json", Text.longColumn), ("json-to-csv", Text.emptyRows), ("json-to-yaml", Text.deepList),
    ("json-to-xml", Text.longName),
  ])
  func growthIsBounded(function: String, payload: String) throws {
    let converter = try FunctionLibrary.lookup(function)
    #expect(try converter.apply(Array(payload.utf8)).payload.count > 10_000)
    let tooMuch = #expect(throws: FunctionError.self) {
      try converter.apply(Array(payload.utf8), within: WorkAllowance(steps: 10_000))
    }
    #expect(tooMuch?.code == .functionLimit)
  }
}

/// Texts of many members or elements.
private enum Text {
  private static let long = String(repeating: "n", count: 100)

  static func list(of count: Int) -> String {
    let elements = (0..<count).map { "\($0)" }
    return "[" + elements.joined(separator: ",") + "]"
  }

  static func keys(_ count: Int) -> String {
    let keys = (0..<count).map { "\"k\($0)\"" }
    return "[" + keys.joined(separator: ",") + "]"
  }

  static func object(of count: Int) -> String {
    let members = (0..<count).map { "\"k\($0)\":1" }
    return "{" + members.joined(separator: ",") + "}"
  }

  static func schema(_ keyword: String, _ value: String) -> String { "{\"\(keyword)\":\(value)}" }

  /// Each record has the column's name.
  static var longColumn: String { long + String(repeating: "\n1", count: 200) }
  /// Each row has all columns.
  static var emptyRows: String { "[" + object(of: 100) + String(repeating: ",{}", count: 200) + "]" }
  /// Each element has a line of its own, indented.
  static var deepList: String { String(repeating: "[", count: 100) + list(of: 200) + String(repeating: "]", count: 100) }
  /// Each element has the list's name.
  static var longName: String { "{\"r\":{\"\(long)\":\(list(of: 200))}}" }
}
