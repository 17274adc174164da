import RopewalkCore
import RopewalkFunctions
import RopewalkTesting
import Testing

@Suite(.takesTurns) struct MemberFunctionTests {
  private static let order = #"{"id":"A1","buyer":{"name":"Acme","vat":"X"},"lines":[{"sku":"a","n":1},{"sku":"b","n":2}],"total":1250.50}"#

  @Test func picks() throws {
    #expect(try apply("pick", Self.order, ["members": ["/buyer/name", "/id", "/nope"]]) == #"{"buyer":{"name":"Acme"},"id":"A1"}"#)
    #expect(try apply("pick", "[1]", ["members": ["/0"]]) == #"{"0":1}"#)
  }

  @Test func removes() throws {
    #expect(
      try apply("remove", Self.order, ["members": ["/buyer", "/lines/0", "/lines/7/sku", "/total/x"]])
        == #"{"id":"A1","lines":[{"sku":"b","n":2}],"total":1250.50}"#
    )
    #expect(try apply("remove", "{}", ["members": [""]]) == "null")
  }

  @Test func renames() throws {
    #expect(
      try apply("rename", #"{"a":1,"b":{"c":2},"d~/":3}"#, ["members": ["/a": "/x/y", "/b/c": "/c", "/d~0~1": "/d", "/none": "/n"]])
        == #"{"b":{},"x":{"y":1},"c":2,"d":3}"#
    )
  }

  @Test func sets() throws {
    #expect(
      try apply(
        "set",
        Self.order,
        ["members": ["/buyer/vat": .null, "/lines/-": [1], "/lines/0/n": 9, "/source/name": "shop"]] as JSONObject
      )
        == #"{"id":"A1","buyer":{"name":"Acme","vat":null},"lines":[{"sku":"a","n":9},{"sku":"b","n":2},[1]],"total":1250.50,"source":{"name":"shop"}}"#
    )
    let through = #expect(throws: FunctionError.self) { try apply("set", Self.order, ["members": ["/id/x": 1]]) }
    #expect(through?.message == "/id/x leads through a string, which has no members")
    let beyond = #expect(throws: FunctionError.self) { try apply("set", Self.order, ["members": ["/lines/3": 1]]) }
    #expect(beyond?.message == "/lines/3 leads to an element that its list has not")
  }

  @Test(arguments: ["pick", "remove", "rename", "set"]) func needsMembers(function: String) {
    #expect(throws: FunctionError.self) { try apply(function, "{}") }
    #expect(throws: FunctionError.self) { try apply(function, "{}", ["members": "a"]) }
    #expect(throws: FunctionError.self) { try apply(function, "{}", ["members": ["no-slash"]]) }
    #expect(throws: FunctionError.self) { try apply(function, "not JSON", ["members": [:]]) }
  }

  @Test(
    arguments: [
      (["pointer": "/total", "greaterThan": 1000], true), (["pointer": "/total", "greaterThan": 1250.5], false),
      (["pointer": "/total", "atLeast": 1250.5, "atMost": 1250.5], true), (["pointer": "/total", "lessThan": 1250.51], true),
      (["pointer": "/id", "greaterThan": 0], false), (["pointer": "/total", "equals": 1250.500], true),
      (["pointer": "/id", "equals": "A1"], true), (["pointer": "/id", "notEquals": "A1"], false),
      (["pointer": "/nope", "notEquals": 1], true),
      (["pointer": "/id", "in": ["B", "A1"]], true), (["pointer": "/id", "in": []], false), (["pointer": "/nope", "exists": true], false),
      (["pointer": "/nope", "exists": false], true), (["pointer": "/lines/1/sku", "matches": "^[ab]$"], true),
      (["pointer": "/total", "matches": "1"], false), (["pointer": "/lines/0", "equals": ["n": 1.0, "sku": "a"]], true),
      (["header": "x-kind", "equals": "order"], true), (["header": "X-None", "exists": true], false),
      (["pointer": "", "exists": true], true),
    ] as [(JSONObject, Bool)]
  )
  func filters(options: JSONObject, passes: Bool) throws {
    let filter = try FunctionLibrary.lookup("filter").prepare(options)
    let input = FunctionInput(payload: Array(Self.order.utf8), headers: MessageHeaders([.init(name: "X-Kind", value: "order")]))
    #expect(try filter.apply(input) == (passes ? .pass : .drop))
  }

  @Test(
    arguments: [
      [:], ["pointer": "/a"], ["header": "a", "pointer": "/a", "exists": true], ["pointer": "/a", "in": 1],
      ["pointer": "/a", "atLeast": "1"],
      ["pointer": "/a", "matches": "("], ["pointer": "/a", "exists": "yes"], ["pointer": "a", "exists": true],
    ] as [JSONObject]
  )
  func refusesWrongConditions(options: JSONObject) throws {
    let filter = try FunctionLibrary.lookup("filter")
    let error = #expect(throws: FunctionError.self) { try filter.prepare(options) }
    #expect(error?.code == .functionOption)
  }

  @Test func fromGuestsOnlyConverts() throws {
    let error = #expect(throws: FunctionError.self) { try apply("filter", "{}", ["pointer": "/a", "exists": true]) }
    #expect(error?.message == "filter is a filter: it works as a step of its own, not within another")
  }
}
