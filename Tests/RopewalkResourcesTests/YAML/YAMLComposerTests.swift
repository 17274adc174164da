import RopewalkCore
import Testing

@testable import RopewalkResources

@Suite struct YAMLComposerTests {
  private func compose(_ text: String) -> (documents: [YAMLNode], found: [String]) {
    let findings = Findings()
    let documents = YAMLComposer.documents(in: text, file: "a.yaml", findings: findings)
    return (documents, findings.sorted.map(\.description))
  }

  private func json(_ text: String) -> JSON? {
    let (documents, found) = compose(text)
    return found.isEmpty ? documents.first?.json : nil
  }

  @Test(arguments: [
    ("a: 5", #"{"a":5}"#), ("a: +5", #"{"a":5}"#), ("a: -0", #"{"a":-0}"#), ("a: 007", #"{"a":7}"#), ("a: 0x1F", #"{"a":31}"#),
    ("a: 0o17", #"{"a":15}"#), ("a: .5", #"{"a":0.5}"#), ("a: 5.", #"{"a":5.0}"#), ("a: 1e3", #"{"a":1e3}"#),
    ("a: 1.5E-3", #"{"a":1.5e-3}"#), ("a: 123456789012345678901234567890", #"{"a":123456789012345678901234567890}"#),
    ("a: 1.10", #"{"a":1.10}"#), ("a: true", #"{"a":true}"#), ("a: yes", #"{"a":"yes"}"#), ("a: off", #"{"a":"off"}"#),
    ("a: ~", #"{"a":null}"#), ("a:", #"{"a":null}"#), ("a: 2026-01-01", #"{"a":"2026-01-01"}"#), ("a: .inf", #"{"a":".inf"}"#),
    ("a: 1.2.3", #"{"a":"1.2.3"}"#), ("a: 12:30", #"{"a":"12:30"}"#), ("a: '5'", #"{"a":"5"}"#), ("a: !!str 5", #"{"a":"5"}"#),
    ("a: 1e", #"{"a":"1e"}"#), ("a: -", #"["#), ("a: .", #"{"a":"."}"#), ("[1, {b: c}]", #"[1,{"b":"c"}]"#),
    ("{\n\t\"a\":\t[1,\n\t2]\n}", #"{"a":[1,2]}"#), ("\u{FEFF}a: 1", #"{"a":1}"#), ("a: 1\r\nb: 2\r\n", #"{"a":1,"b":2}"#),
  ])
  func readsTheCoreSchema(text: String, expected: String) {
    #expect(json(text)?.text() == (expected == "[" ? nil : expected))
  }

  @Test func followsAliasesAndMerges() {
    let text = """
      base: &base { timeout: 1s, url: a }
      one: *base
      two: { <<: *base, url: b }
      three: { <<: [ { x: 1 }, *base ], y: 2 }
      """
    #expect(
      json(text)?.text()
        == #"{"base":{"timeout":"1s","url":"a"},"one":{"timeout":"1s","url":"a"},"two":{"url":"b","timeout":"1s"},"three":{"y":2,"x":1,"timeout":"1s","url":"a"}}"#
    )
  }

  @Test func leavesEmptyDocumentsOut() {
    #expect(compose("---\na: 1\n---\n---\n# nothing\n---\nb: 2\n").documents.map { $0.json.text() } == [#"{"a":1}"#, #"{"b":2}"#])
    #expect(compose("").documents.isEmpty)
  }

  @Test func countsColumnsInScalars() {
    guard case .map(let members) = compose("{ é: 1, 漢字👍: 2, b: 3 }").documents[0].content else {
      Issue.record("not a map")
      return
    }
    #expect(members.map(\.keyMark.column) == [3, 9, 17])
  }

  @Test(arguments: [
    (
      "a: 1\nb: 2\na: 3\na: 4\n",
      [
        "a.yaml:3:1: error: the key \"a\" is here twice, first in line 1; remove one of them",
        "a.yaml:4:1: error: the key \"a\" is here twice, first in line 1; remove one of them",
      ]
    ),
    ("? [x]\n: 1\n", ["a.yaml:1:3: error: a key must be text, found a list; put the text in quotes when it begins with a bracket"]),
    ("a: *b\n", ["a.yaml:1:4: error: there is no anchor &b before this alias; put &b in front of the value that is meant"]),
    ("a: &a [*a]\n", ["a.yaml:1:8: error: there is no anchor &a before this alias; put &a in front of the value that is meant"]),
    ("a: !env X\n", ["a.yaml:1:4: error: the tag !env means nothing here; remove it"]),
    (
      "<<: 5\n", ["a.yaml:1:5: error: << takes a map or a list of maps, found the number 5; write an alias of a map, such as <<: *defaults"]
    ),
    ("<<: [x]\n", ["a.yaml:1:6: error: << takes a map or a list of maps, found \"x\"; write an alias of a map, such as <<: *defaults"]),
    (
      "a: b: c\n",
      [
        "a.yaml:1:5: error: not valid YAML: mapping values are not allowed in this context; check the indentation, and put a value that contains \": \" in quotes"
      ]
    ),
    ("a:\n\tb: 1\n", ["a.yaml:2:1: error: a tab cannot indent YAML; use spaces, two for each level"]),
    ("a:\n  b: 1\n \tc: 2\n", ["a.yaml:3:2: error: a tab cannot indent YAML; use spaces, two for each level"]),
    (
      "a: 1\n b: 2\n",
      [
        "a.yaml:2:3: error: not valid YAML: mapping values are not allowed in this context; check the indentation, and put a value that contains \": \" in quotes"
      ]
    ),
    (
      "a: 1\nb\nc: 2\n",
      [
        "a.yaml:3:1: error: not valid YAML: could not find expected ':', while scanning a simple key that begins in line 2; a key needs \": \" and its value behind it"
      ]
    ),
    (
      "a: [1, 2\nb: 3\n",
      [
        "a.yaml:2:2: error: not valid YAML: did not find expected ',' or ']', while parsing a flow sequence that begins in line 1; put a comma between the items, and close every bracket"
      ]
    ),
    (
      "a: \"x\n",
      [
        "a.yaml:2:1: error: not valid YAML: found unexpected end of stream, while scanning a quoted scalar that begins in line 1; close the quote or bracket that is open here"
      ]
    ),
    (
      "a: @x\n",
      [
        "a.yaml:1:4: error: not valid YAML: found character that cannot start any token, while scanning for the next token; put the value in quotes"
      ]
    ),
    (
      "a: \"\\q\"\n",
      [
        "a.yaml:1:5: error: not valid YAML: found unknown escape character, while parsing a quoted scalar; write \\\\ for a backslash, or use single quotes"
      ]
    ),
    (
      "é: 1\nb: \u{7}\n",
      [
        "a.yaml:2:4: error: not valid YAML: control characters are not allowed; remove the character, or write it as an escape such as \"\\x07\""
      ]
    ),
  ])
  func tellsWhatIsWrongAndWhere(text: String, expected: [String]) {
    #expect(compose(text).found == expected)
  }

  @Test func keepsTheDocumentsBeforeASyntaxError() {
    let (documents, found) = compose("a: 1\n---\nb: [\n")
    #expect(documents.map { $0.json.text() } == [#"{"a":1}"#])
    #expect(found.count == 1)
  }

  @Test func refusesABillionLaughs() {
    var text = "l0: &l0 [x, x, x, x, x, x, x, x, x, x]\n"
    for level in 1...9 {
      text += "l\(level): &l\(level) [" + Array(repeating: "*l\(level - 1)", count: 10).joined(separator: ", ") + "]\n"
    }
    let (documents, found) = compose(text)
    #expect(documents.isEmpty)
    #expect(
      found == ["a.yaml:5:45: error: not valid YAML: the file stands for more than 100000 values, aliases written out; use fewer aliases"]
    )
  }

  @Test func refusesLaughsInKeysAndMerges() {
    var text = "l0: &l0 { a: x }\n"
    for level in 1...40 { text += "l\(level): &l\(level) { <<: *l\(level - 1), k\(level): *l\(level - 1) }\n" }
    #expect(compose(text + "? *l9\n: 1\n").found.contains { $0.contains("more than 100000 values") })
  }

  @Test func refusesDeepNesting() {
    #expect(compose(String(repeating: "[", count: 60) + String(repeating: "]", count: 60)).found.isEmpty)
    #expect(
      compose(String(repeating: "[", count: 65)).found
        == ["a.yaml:1:65: error: not valid YAML: lists and maps are nested more than 64 deep; make it flatter"]
    )
  }

  @Test func refusesVeryDeepNesting() {
    for opening in ["[", "{a: ", "- "] {
      let found = compose(String(repeating: opening, count: 100_000)).found
      #expect(found.count == 1 && found[0].contains("error: not valid YAML: lists and maps are nested"), "\(found)")
    }
  }

  @Test(arguments: [
    ("a: |\n  x\n  y\n", 2, 3), ("a: |\n\n\n    x\n  \n", 2, 5), ("a: |2\n    x\n", 2, 3), ("a:\n  - |-\n   x\n", 3, 4),
  ])
  func knowsWhereABlockBegins(text: String, line: Int, column: Int) throws {
    var node = compose(text).documents[0]
    while true {
      switch node.content {
      case .map(let members): node = members[0].value
      case .list(let items): node = items[0]
      case .scalar(let scalar):
        #expect(scalar.contentMark == SourceMark(file: "a.yaml", line: line, column: column))
        return
      case .broken: throw CancellationError()
      }
    }
  }
}
