import RopewalkCore
import RopewalkResources
import RopewalkTesting
import Testing

@Suite struct ResourceFormTests {
  @Test func theEnvelopeHasOneOrder() throws {
    let text =
      #"{"spec":{"b":1,"a":2},"metadata":{"labels":{"z":"1","a":"2"},"name":"x","creationTimestamp":"2026-11-21T10:15:30Z","uid":"u","managedFields":[]},"kind":"Item","apiVersion":"v1","status":{}}"#
    let resource = try Resource(parsing: Array(text.utf8))
    #expect(
      resource.json.text()
        == #"{"apiVersion":"v1","kind":"Item","metadata":{"name":"x","uid":"u","creationTimestamp":"2026-11-21T10:15:30Z","labels":{"a":"2","z":"1"},"managedFields":[]},"spec":{"b":1,"a":2},"status":{}}"#
    )
    #expect(try Resource(json: resource.json) == resource)
  }

  @Test(arguments: [
    (#"[]"#, "an object is a map"), (#"{"apiVersion":"v1"}"#, "'Kind' is missing"), (#"{"kind":"A"}"#, "apiVersion: missing"),
    (#"{"apiVersion":"v1","kind":"A","metadata":5}"#, "metadata: found a number where a map"),
    (#"{"apiVersion":"v1","kind":"A","metadata":{"labels":{"a":1}}}"#, "metadata.labels.a: found a number where a string"),
    (#"{"apiVersion":"v1","kind":"A","metadata":{"creationTimestamp":"now"}}"#, "metadata.creationTimestamp"),
    (#"{"apiVersion":"v1","kind":"A","metadata":{"ownerReferences":[{"uid":1}]}}"#, "metadata.ownerReferences[0].uid"), ("{", "line 1"),
  ])
  func whatIsNoObjectIsRefused(text: String, message: String) {
    let error = #expect(throws: RopewalkError.self) { try Resource(parsing: Array(text.utf8)) }
    #expect(error?.code.name == "resource.malformed")
    #expect(error?.message.contains(message) == true, "\(String(describing: error))")
  }

  @Test func deepDocumentsAreRefused() {
    let deep =
      #"{"apiVersion":"v1","kind":"A","spec":"# + String(repeating: "[", count: 100_000) + String(repeating: "]", count: 100_000) + "}"
    let error = #expect(throws: RopewalkError.self) { try Resource(parsing: Array(deep.utf8)) }
    #expect(error?.message.contains("nested deeper") == true)
  }

  @Test(arguments: [
    ("2026-11-21T10:15:30Z", "2026-11-21T10:15:30Z"), ("2026-11-21T11:15:30.999+01:00", "2026-11-21T10:15:30Z"),
    ("1969-12-31T23:59:59Z", "1969-12-31T23:59:59Z"), ("2024-02-29T00:00:00-00:30", "2024-02-29T00:30:00Z"),
  ])
  func timesAreRead(text: String, seconds: String) {
    #expect(Timestamp(rfc3339: text)?.rfc3339Seconds == seconds)
  }

  @Test(arguments: ["2026-02-29T00:00:00Z", "2026-11-21", "2026-11-21T10:15:30", "2026-13-01T00:00:00Z", "2026-11-21T25:00:00Z", "x"])
  func whatIsNoTimeIsNot(text: String) {
    #expect(Timestamp(rfc3339: text) == nil)
  }

  @Test(arguments: [
    "", "a=b", "a==b", "a = b , c != d", "x in (a,b)", "x notin (a)", "!z", "a,b", "example.com/a in (b, c),!d", "a=",
  ])
  func labelSelectorsAreRead(text: String) throws {
    let selector = try LabelSelector(parsing: text)
    #expect(try LabelSelector(parsing: selector.text) == selector)
  }

  @Test(arguments: ["=", "a in", "a in (", "a in (b", "a=b=c", "!", "a b", "-a=b", "a=b/c", ",", "a,", "(a)"])
  func brokenLabelSelectorsAreRefused(text: String) {
    let error = #expect(throws: RopewalkError.self) { try LabelSelector(parsing: text) }
    #expect(error?.code.name == "selector.invalid")
  }

  @Test func fieldSelectorsAreRead() throws {
    let selector = try FieldSelector(parsing: #"metadata.name=a\,b,status.phase!=Running,spec.x==1"#)
    #expect(
      selector.requirements == [
        .init(path: "metadata.name", value: "a,b"), .init(path: "status.phase", value: "Running", isEqual: false),
        .init(path: "spec.x", value: "1"),
      ]
    )
    #expect(throws: RopewalkError.self) { try FieldSelector(parsing: "metadata.name") }
    #expect(throws: RopewalkError.self) { try FieldSelector(parsing: "=a") }
  }

  /// The examples of RFC 7386.
  @Test(arguments: [
    (#"{"a":"b"}"#, #"{"a":"c"}"#, #"{"a":"c"}"#), (#"{"a":"b"}"#, #"{"b":"c"}"#, #"{"a":"b","b":"c"}"#),
    (#"{"a":"b"}"#, #"{"a":null}"#, "{}"),
    (#"{"a":["b"]}"#, #"{"a":"c"}"#, #"{"a":"c"}"#), (#"{"a":{"b":"c"}}"#, #"{"a":{"b":"d","c":null}}"#, #"{"a":{"b":"d"}}"#),
    (#"["a","b"]"#, #"["c","d"]"#, #"["c","d"]"#), (#"{"e":null}"#, #"{"a":1}"#, #"{"e":null,"a":1}"#),
    ("[1,2]", #"{"a":"b","c":null}"#, #"{"a":"b"}"#),
    ("{}", #"{"a":{"bb":{"ccc":null}}}"#, #"{"a":{"bb":{}}}"#),
  ])
  func mergePatches(target: String, patch: String, result: String) throws {
    #expect(JSONMergePatch.apply(try JSON.parse(patch), to: try JSON.parse(target)) == (try JSON.parse(result)))
  }

  /// Examples of RFC 6902's appendix; nil where the patch does not fit.
  @Test(
    arguments: [
      (#"{"foo":"bar"}"#, #"[{"op":"add","path":"/baz","value":"qux"}]"#, #"{"foo":"bar","baz":"qux"}"#),
      (#"{"foo":["bar","baz"]}"#, #"[{"op":"add","path":"/foo/1","value":"qux"}]"#, #"{"foo":["bar","qux","baz"]}"#),
      (#"{"foo":["bar"]}"#, #"[{"op":"add","path":"/foo/-","value":["x"]}]"#, #"{"foo":["bar",["x"]]}"#),
      (#"{"baz":"qux","foo":"bar"}"#, #"[{"op":"remove","path":"/baz"}]"#, #"{"foo":"bar"}"#),
      (#"{"a":{"b":1},"c":{}}"#, #"[{"op":"move","from":"/a/b","path":"/c/b"}]"#, #"{"a":{},"c":{"b":1}}"#),
      (#"{"a":[1,2]}"#, #"[{"op":"copy","from":"/a/0","path":"/b"},{"op":"test","path":"/b","value":1.0}]"#, #"{"a":[1,2],"b":1}"#),
      (#"{"/":9,"~1":10}"#, #"[{"op":"test","path":"/~01","value":10},{"op":"replace","path":"/~1","value":1}]"#, #"{"/":1,"~1":10}"#),
      (#"{"a":1}"#, #"[{"op":"replace","path":"","value":{"b":2}}]"#, #"{"b":2}"#),
      (#"{"a":1}"#, #"[{"op":"remove","path":"/b"}]"#, nil), (#"{"a":1}"#, #"[{"op":"test","path":"/a","value":"1"}]"#, nil),
      (#"{"a":[1]}"#, #"[{"op":"add","path":"/a/3","value":1}]"#, nil),
      (#"{"a":[1]}"#, #"[{"op":"replace","path":"/a/01","value":1}]"#, nil),
      (#"{"a":1}"#, #"[{"op":"add","path":"/b/c","value":1}]"#, nil), (#"{"a":1}"#, #"[{"op":"add","path":"b","value":1}]"#, nil),
      (#"{"a":1}"#, #"[{"op":"jump","path":"/b"}]"#, nil), (#"{"a":1}"#, #"{}"#, nil),
    ] as [(String, String, String?)]
  )
  func jsonPatches(target: String, patch: String, result: String?) throws {
    let patched = try? JSONPatch(try JSON.parse(patch)).apply(to: try JSON.parse(target))
    #expect(patched == (try result.map { try JSON.parse($0) }))
  }
}
