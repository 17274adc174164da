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
}
