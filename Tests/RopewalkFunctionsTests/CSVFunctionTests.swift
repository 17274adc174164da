import RopewalkCore
import RopewalkFunctions
import RopewalkTesting
import Testing

@Suite(.takesTurns) struct CSVFunctionTests {
  @Test(arguments: [
    ("", "[]"),
    ("a,b\n1,2\n", #"[{"a":"1","b":"2"}]"#),
    ("a,b\r\n1,\"x, \"\"y\"\"\nz\"\r\n", #"[{"a":"1","b":"x, \"y\"\nz"}]"#),
    ("a\n\n1\n\n", #"[{"a":"1"}]"#),
    ("a\n\"\"\n", #"[{"a":""}]"#),
    ("a,b\n,", #"[{"a":"","b":""}]"#),
    ("\u{FEFF}a\nü", #"[{"a":"ü"}]"#),
    ("a,b\r1,2", #"[{"a":"1","b":"2"}]"#),
  ])
  func convertsToJSON(csv: String, json: String) throws {
    #expect(try apply("csv-to-json", csv) == json)
  }

  @Test func takesOptions() throws {
    #expect(try apply("csv-to-json", "1;'a;b'", ["delimiter": ";", "quote": "'", "header": false]) == #"[["1","a;b"]]"#)
    #expect(try apply("csv-to-json", "1\t2", ["delimiter": "\t", "header": ["x", "y"]]) == #"[{"x":"1","y":"2"}]"#)
  }

  @Test(arguments: [
    ("a,b\n1\n", "line 2: expected 2 fields, found 1"),
    ("a,b\n\"x\ny\",2\n1,2,3", "line 4: expected 2 fields, found 3"),
    ("a\nb\"c", "line 2: a quote stands within field 1"),
    ("a\n\"b\"c", "line 2: text follows the closing quote of field 1"),
    ("a\n1\n\"b\n\n", "line 3: the quote of field 1 is never closed"),
    ("a,a\n1,2", "header, line 1, names field 2 like an earlier one"),
  ])
  func saysWhatIsNotCSV(csv: String, problem: String) {
    let error = #expect(throws: FunctionError.self) { try apply("csv-to-json", csv) }
    #expect(error?.message.contains(problem) == true, "\(error?.message ?? "")")
  }

  @Test func refusesWhatIsNotUTF8AndTooManyFields() {
    let function = try? FunctionLibrary.lookup("csv-to-json")
    let error = #expect(throws: FunctionError.self) { try function?.apply([0x61, 0x0A, 0xFF]) }
    #expect(error?.message.contains("line 2: field 1 is not valid UTF-8") == true)
    #expect(throws: FunctionError.self) { try apply("csv-to-json", String(repeating: ",", count: 100_000)) }
  }

  @Test func convertsFromJSON() throws {
    let json = #"[{"a":1,"b":"x,y"},{"b":"q\"q","c":null},{"c":true,"a":"l\nl"}]"#
    #expect(try apply("json-to-csv", json) == "a,b,c\r\n1,\"x,y\",\r\n,\"q\"\"q\",\r\n\"l\nl\",,true\r\n")
    #expect(try apply("json-to-csv", json, ["columns": ["c", "a"], "header": false, "lineEnd": "lf"]) == ",1\n,\ntrue,\"l\nl\"\n")
    #expect(try apply("json-to-csv", #"[["a","b"],[1]]"#, ["delimiter": ";"]) == "a;b\r\n1\r\n")
    #expect(try apply("json-to-csv", "[]") == "")
  }

  @Test(arguments: [
    ("{}", "must be a list"), (#"[{"a":[1]}]"#, "row 0, field 1 is a list"), (#"[{"a":1},[2]]"#, "row 1 is a list"),
    ("[1]", "row 0 is a number"),
  ])
  func saysWhatHasNoCSV(json: String, problem: String) {
    let error = #expect(throws: FunctionError.self) { try apply("json-to-csv", json) }
    #expect(error?.message.contains(problem) == true, "\(error?.message ?? "")")
  }

  @Test func comesBackAsItWas() throws {
    let json = #"[{"name":"a \"b\"","note":"x\r\ny","empty":""},{"name":"é","note":",","empty":" "}]"#
    #expect(try apply("csv-to-json", try apply("json-to-csv", json)) == json)
  }
}
