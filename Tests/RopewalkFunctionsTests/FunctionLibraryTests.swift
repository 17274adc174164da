import RopewalkCore
import RopewalkFunctions
import RopewalkPlugins
import RopewalkTesting
import Testing

@Suite(.takesTurns) struct FunctionLibraryTests {
  @Test func knowsTheNearestName() {
    let near = #expect(throws: FunctionError.self) { try FunctionLibrary.lookup("xml-to-jsno") }
    #expect(near?.message == "there is no built-in function 'xml-to-jsno'; did you mean 'xml-to-json'?")
    let far = #expect(throws: FunctionError.self) { try FunctionLibrary.lookup("frobnicate") }
    #expect(far?.message.contains("there are xml-to-json, json-to-xml") == true)
    #expect(far?.code == .functionUnknown)
  }

  @Test func knowsTheNearestOption() {
    let near = #expect(throws: FunctionError.self) { try apply("csv-to-json", "", ["delimeter": ";"]) }
    #expect(near?.message == "csv-to-json has no option 'delimeter'; did you mean 'delimiter'?")
    #expect(near?.option == ["delimeter"])
    let none = #expect(throws: FunctionError.self) { try apply("yaml-to-json", "", ["x": 1]) }
    #expect(none?.message == "yaml-to-json has no option 'x'; it takes none")
  }

  @Test(
    arguments: [
      ("xml-to-json", ["trim": "yes"], "option 'trim' must be true or false, not a string"),
      ("xml-to-json", ["namespaces": "drop"], "option 'namespaces' must be one of keep, strip"),
      ("xml-to-json", ["arrays": [1]], "option 'arrays' must be a list of strings, not a number"),
      ("json-to-xml", ["root": 1], "option 'root' must be a string, not a number"),
      ("csv-to-json", ["delimiter": "ab"], "option 'delimiter' must be one ASCII character"),
      ("csv-to-json", ["delimiter": "\n"], "option 'delimiter' must be one ASCII character"),
      ("csv-to-json", ["delimiter": "\""], "option 'quote' must differ from the delimiter"),
      ("csv-to-json", ["header": ["a", "a"]], "option 'header' must name each column once"),
      ("rename", ["members": ["/a": 1]], "option 'members' must map pointers to pointers"),
      ("set", ["members": [1]], "option 'members' must be a map, not a list"),
      ("set", [:], "option 'members' is missing"),
    ] as [(String, JSONObject, String)]
  )
  func checksOptions(function: String, options: JSONObject, problem: String) {
    let error = #expect(throws: FunctionError.self) { try apply(function, "", options) }
    #expect(error?.code == .functionOption)
    #expect(error?.message.contains(problem) == true, "\(error?.message ?? "")")
  }

  @Test func documentsEveryFunctionAndOption() throws {
    let guide = try #require(SharedData.packageFile("docs/guide/functions.md"))
    for function in FunctionLibrary.functions {
      #expect(guide.contains("### `\(function.name)`"), "\(function.name)")
      for option in function.options { #expect(guide.contains("`\(option.name)`"), "\(function.name): \(option.name)") }
    }
  }

  /// Nothing may crash, and nothing may take long.
  @Test func survivesRubbish() throws {
    var generator = SeededGenerator(seed: 42)
    let seeds = [
      "<a b=\"c\">d&amp;<!-- e --><![CDATA[f]]></a>", #"{"a":[1,-2.5e3,"\u00e9",null,true]}"#, "a,b\n\"c\",d\n", "a: &x [1, 'b']\nc: *x\n",
      "Zm9vYg==", "é\u{1F600}",
    ]
    let converters = FunctionLibrary.functions.filter { $0.role == .converter }
    for round in 0..<400 {
      var input = Array(seeds[round % seeds.count].utf8)
      for _ in 0..<Int.random(in: 0...6, using: &generator) where !input.isEmpty {
        let index = Int.random(in: 0..<input.count, using: &generator)
        switch Int.random(in: 0..<3, using: &generator) {
        case 0: input[index] = UInt8.random(in: 0...255, using: &generator)
        case 1: input.remove(at: index)
        default: input.insert(contentsOf: input[..<index], at: index)
        }
      }
      for function in converters {
        let output = try? function.apply(input, options: function.options.contains { $0.name == "duration" } ? ["duration": "P1D"] : [:])
        if let output, output.contentType == "application/json" { #expect(throws: Never.self) { try JSON.parse(output.payload) } }
      }
    }
  }

  @Test(arguments: FunctionLibrary.names) func takesEmptyInput(name: String) throws {
    let function = try FunctionLibrary.lookup(name)
    guard function.role == .converter else { return }
    do {
      _ = try function.apply([])
    } catch {
      #expect(!error.message.isEmpty)
    }
  }
}
