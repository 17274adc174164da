import RopewalkCore
import RopewalkFunctions
import RopewalkTesting
import Testing

@Suite(.takesTurns) struct YAMLFunctionTests {
  @Test(arguments: [
    ("", "null"),
    ("a: 1\nb: [x, 'y', \"z\"]\nc: {d: ~}", #"{"a":1,"b":["x","y","z"],"c":{"d":null}}"#),
    ("country: NO\non: yes\nwhen: 2026-11-21\ntime: 12:30:45", #"{"country":"NO","on":"yes","when":"2026-11-21","time":"12:30:45"}"#),
    ("[0x1F, 0o17, 1.50, .5, +3, -0, 1e3, 1_000, 1., 007]", #"[31,15,1.50,0.5,3,-0,1e3,"1_000",1.0,7]"#),
    ("[true, False, NULL, 'true', !!str 1, !!float 2]", #"[true,false,null,"true","1",2]"#),
    ("a: &x {b: 1}\nc: *x", #"{"a":{"b":1},"c":{"b":1}}"#),
    ("a: |\n  x\n  y\nb: >\n  x\n  y\n", #"{"a":"x\ny\n","b":"x y\n"}"#),
    ("1: a\ntrue: b", #"{"1":"a","true":"b"}"#),
    ("12345678901234567890123", "12345678901234567890123"),
    ("--- a\n...\n", #""a""#),
  ])
  func convertsToJSON(yaml: String, json: String) throws {
    #expect(try apply("yaml-to-json", yaml) == json)
  }

  @Test(arguments: [
    ("a: [1", "line 2, column 1: did not find expected"),
    ("a: 1\na: 2", "line 2, column 1: the key 'a' is written twice"),
    ("a: *x", "line 1, column 4: the alias '*x' has no anchor"),
    ("a: !ruby/object:X {}", "line 1, column 4: the tag '!ruby/object:X' has no JSON form"),
    ("!!binary aGk=", "has no JSON form"),
    ("!!int x", "does not fit its tag"),
    ("a: .nan", ".nan has no JSON form"),
    ("{a: -.inf}", "-.inf has no JSON form"),
    ("a: 1\n---\nb: 2", "line 2, column 1: a second document"),
    ("? [a]\n: b", "a key must be a single value"),
    ("a: &x {b: 1}\nc:\n  <<: *x", "line 3, column 3: merge keys"),
    ("a\tb: \u{0}", "line 1"),
    ("&a [*a]", "the alias '*a' has no anchor"),
  ])
  func saysWhatIsNotReadable(yaml: String, problem: String) {
    let error = #expect(throws: FunctionError.self) { try apply("yaml-to-json", yaml) }
    #expect(error?.message.contains(problem) == true, "\(error?.message ?? "")")
  }

  @Test func refusesBillionLaughsInValuesAndKeys() {
    let lists =
      "a0: &a0 [x,x,x,x,x,x,x,x,x]\n"
      + (1...30).map { i in "a\(i): &a\(i) [\(Array(repeating: "*a\(i - 1)", count: 9).joined(separator: ","))]\n" }.joined()
    let keys = "- &a0 {x: x}\n" + (1...40).map { "- &a\($0) {? *a\($0 - 1) : *a\($0 - 1)}\n" }.joined()
    let time = ProcessorTime.spent {
      let error = #expect(throws: FunctionError.self) { try apply("yaml-to-json", lists) }
      #expect(error?.code == .functionLimit)
      #expect(throws: FunctionError.self) { try apply("yaml-to-json", lists + "? *a30\n: x\n") }
      #expect(throws: FunctionError.self) { try apply("yaml-to-json", keys) }
    }
    #expect(time < .seconds(5))
  }

  @Test func boundsNesting() {
    let aliases = "- &a0 [x]\n" + (1...600).map { "- &a\($0) [*a\($0 - 1)]\n" }.joined()
    let deep = #expect(throws: FunctionError.self) { try apply("yaml-to-json", aliases) }
    #expect(deep?.message.contains("nested deeper than 512 levels") == true)
    #expect(throws: FunctionError.self) { try apply("yaml-to-json", String(repeating: "[", count: 100_000)) }
    #expect(throws: FunctionError.self) { try apply("yaml-to-json", String(repeating: "- ", count: 100_000)) }
    #expect(throws: FunctionError.self) { try FunctionLibrary.lookup("yaml-to-json").apply([0x61, 0x3A, 0x20, 0xFF]) }
  }

  @Test func writesBlocks() throws {
    let json = #"{"a":{"b":[1,{"c":null,"d":[]},[true]],"e":{}},"f":"two words","no":"x","g":"","h":"1","i":"a: b","j":"l\nm"}"#
    let yaml = """
      a:
        b:
          - 1
          - c: null
            d: []
          - - true
        e: {}
      f: two words
      "no": x
      g: ""
      h: "1"
      i: "a: b"
      j: "l\\nm"

      """
    #expect(try apply("json-to-yaml", json) == yaml)
  }

  @Test(arguments: [
    "null", "-12.50", #""""#, "[]", #"{"":""}"#,
    ##"["- a","# b","&c","*d","!e","%f","@g","`h","|","> i","~","Null","yes","Off","1e3","0x1","2026-11-21"]"##,
    ##"["a b","a  b","a ","a#b","a: b","a:b","\u0007\u0085\u2028\ufeff\u007f","'\"\\"]"##, #"[[[1],[]],[{"a":[{"b":{}}]}]]"#,
  ])
  func comesBackAsItWas(json: String) throws {
    #expect(try JSON.parse(try apply("yaml-to-json", try apply("json-to-yaml", json))) == JSON.parse(json))
  }

  @Test func comesBackWithALongKey() throws {
    let json = "{\"\(String(repeating: "k", count: 5000))\":{\"a\":1},\"b\":2}"
    #expect(try apply("yaml-to-json", try apply("json-to-yaml", json)) == json)
  }
}
