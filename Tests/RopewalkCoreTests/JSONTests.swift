import RopewalkCore
import Testing

@Suite struct JSONTests {
  @Test func keepsOrderAndDigits() throws {
    let text = #"{"b":1.10,"a":[12345678901234567890,null,true,"\u00e9\n"],"c":{}}"#
    #expect(try JSON.parse(text).text() == #"{"b":1.10,"a":[12345678901234567890,null,true,"é\n"],"c":{}}"#)
  }

  @Test(arguments: [
    ("", 1, 1), ("{", 1, 2), ("[1,]", 1, 4), ("{\"a\":01}", 1, 7), ("\n  tru", 2, 3), ("[\"\u{1}\"]", 1, 3), ("1 2", 1, 3),
    ("\"\\x\"", 1, 3),
  ])
  func saysWhereItIsWrong(text: String, line: Int, column: Int) {
    let error = #expect(throws: JSONSyntaxError.self) { try JSON.parse(text) }
    #expect(error?.line == line)
    #expect(error?.column == column)
  }

  @Test func refusesDeepNestingAndBadUTF8() {
    #expect(throws: JSONSyntaxError.self) { try JSON.parse(String(repeating: "[", count: 100_000)) }
    #expect(throws: JSONSyntaxError.self) { try JSON.parse([0x22, 0xFF, 0x22]) }
  }

  @Test func pairsSurrogates() throws {
    #expect(try JSON.parse(#""\ud83d\ude00""#) == "😀")
    #expect(try JSON.parse(#""\ud83d""#) == "\u{FFFD}")
  }

  @Test(arguments: [2, 7, 8, 9, 150, 191, 192, 193, 3000]) func takesTheLastValueOfAKey(count: Int) throws {
    let keys = (0..<count).map { "key-\($0)-\(String(repeating: "x", count: $0 % 20))" }
    let text = "{" + (keys + keys.reversed()).enumerated().map { "\"\($1)\":\($0)" }.joined(separator: ",") + "}"
    let object = try #require(try JSON.parse(text).object)
    #expect(object.keys == keys)
    #expect(object.members.enumerated().allSatisfy { $1.value.int == 2 * count - 1 - $0 })
  }

  @Test func tellsUnicodeFormsOfAKeyApart() throws {
    let object = try #require(try JSON.parse(#"{"\u00e9":1,"e\u0301":2,"K":3,"\u212a":4}"#).object)
    #expect(object.count == 4)
    #expect(object["e\u{301}"] == 2)
    #expect(object["K"] == 3)
  }

  @Test(arguments: [
    #""\"\\\/\b\f\n\r\t\u0001""#, #""aé😀\u00e9\ud83d\ude00""#, #"[ ]"#, #" { "a" : [ 1 , 2 ] } "#, "-0", "1e+5", "1.25E-3", "\u{FEFF}1",
  ])
  func readsWhatItWrites(text: String) throws {
    let value = try JSON.parse(text)
    #expect(try JSON.parse(value.serialised()) == value)
    #expect(try JSON.parse(value.serialised(pretty: true)) == value)
  }

  @Test(arguments: [
    "-", "1.", ".5", "+1", "1e", "1e+", "0x1", "nul", "truee", "[1 2]", #"{"a" 1}"#, #"{"a":1,}"#, "{a:1}", "'a'", #""\u12""#, #""\u12g4""#,
    #""abc"#, "\"a\nb\"",
    "]", "[", #"{"a":"#, #"["\"#,
  ])
  func refusesWhatIsNotJSON(text: String) {
    #expect(throws: JSONSyntaxError.self) { try JSON.parse(text) }
  }

  @Test func writesControlCharactersAsEscapes() {
    #expect(JSON.string("\u{0}\u{1F}\u{7F}\"\\/").text() == #""\u0000\u001f"# + "\u{7F}" + #"\"\\/""#)
  }

  @Test func writesPretty() throws {
    #expect(try JSON.parse(#"{"a":[1,{}],"b":[]}"#).text(pretty: true) == "{\n  \"a\": [\n    1,\n    {}\n  ],\n  \"b\": []\n}")
  }
}
