import RopewalkCore
import RopewalkResources
import Testing

@Suite struct PayloadExpectationTests {
  private func differences(_ form: PayloadExpectation.Form, _ payload: String) -> [String] {
    PayloadExpectation(form: form, mark: SourceMark(file: "a", line: 1, column: 1)).differences(from: Array(payload.utf8))
  }

  @Test(arguments: [
    (#"{"a":1,"b":[true,null]}"#, #"{ "b": [true, null], "a": 1.0 }"#, []),
    (#"{"a":1}"#, #"{"a":2}"#, ["a: expected 1, got 2"]),
    (#"{"a":{"b":[1,{"c":"x"}]}}"#, #"{"a":{"b":[1,{"c":"y"}]}}"#, [#"a.b[1].c: expected "x", got "y""#]),
    (#"{"a":1}"#, #"{"b":1}"#, ["a: expected 1, got nothing", "b: expected nothing, got 1"]),
    ("[1,2]", "[1]", ["expected 2 items, got 1"]),
    ("9007199254740993", "9007199254740992", ["expected 9007199254740993, got 9007199254740992"]),
    (#"{"a":null}"#, "{}", ["a: expected null, got nothing"]),
    ("1", #""1""#, [#"expected 1, got "1""#]),
    ("{}", "nonsense", ["the payload is not valid JSON at line 1, column 2: expected null"]),
  ])
  func comparesJSON(expected: String, actual: String, differences: [String]) throws {
    let found = try self.differences(.json(JSON.parse(expected)), actual)
    if actual == "nonsense" {
      #expect(found.count == 1 && found[0].hasPrefix("the payload is not valid JSON at line 1"))
    } else {
      #expect(found == differences)
    }
  }

  @Test func comparesPartially() throws {
    #expect(differences(.contains(["a": ["b": 1]]), #"{"x":1,"a":{"b":1,"y":2}}"#) == [])
    #expect(differences(.contains(["a": [["b": 1]]]), #"{"a":[{"b":1,"y":2}]}"#) == [])
    #expect(
      differences(.contains(["a": [["b": 1]]]), #"{"a":[{"b":2},3]}"#) == ["a: expected 1 items, got 2", "a[0].b: expected 1, got 2"]
    )
  }

  @Test func comparesBytes() {
    #expect(differences(.bytes(Array("a\nbc".utf8)), "a\nbc") == [])
    #expect(
      differences(.bytes(Array("a\nbc".utf8)), "a\nbd")
        == [#"expected 4 bytes, got 4; they differ from byte 4 in line 2 on: expected "c", got "d""#]
    )
    #expect(differences(.bytes([]), "x") == [#"expected 0 bytes, got 1; they differ from byte 1 in line 1 on: expected the end, got "x""#])
  }

  @Test func tellsTwentyDifferencesAtMost() {
    let expected = JSON.array((0..<100).map { JSON.number(JSONNumber($0)) })
    let actual = JSON.array((0..<100).map { JSON.number(JSONNumber($0 + 1)) })
    #expect(differences(.json(expected), actual.text()).count == PayloadExpectation.maxDifferences)
  }
}
