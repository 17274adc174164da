import RopewalkCore
import RopewalkFunctions
import RopewalkTesting
import Testing

@Suite(.takesTurns) struct XMLFunctionTests {
  @Test(arguments: [
    ("<a/>", #"{"a":""}"#),
    ("<a>text</a>", #"{"a":"text"}"#),
    ("<a> kept </a>", #"{"a":" kept "}"#),
    (#"<a b="1" c='2'/>"#, ##"{"a":{"@b":"1","@c":"2"}}"##),
    (#"<a b="1">t</a>"#, ##"{"a":{"@b":"1","#text":"t"}}"##),
    ("<a>\n  <b>1</b>\n  <c/>\n</a>", #"{"a":{"b":"1","c":""}}"#),
    ("<a><b>1</b><c>2</c><b>3</b></a>", #"{"a":{"b":["1","3"],"c":"2"}}"#),
    ("<a>one<b/>two</a>", ##"{"a":{"#text":"onetwo","b":""}}"##),
    ("<a>&lt;&amp;&gt;&quot;&apos;&#65;&#x1F600;</a>", #"{"a":"<&>\"'A😀"}"#),
    ("<a>x<![CDATA[<b>&amp;]]>y</a>", #"{"a":"x<b>&amp;y"}"#),
    ("<a><!-- no --><?p i?>t</a><!-- after -->", #"{"a":"t"}"#),
    ("<?xml version=\"1.0\"?>\n<!DOCTYPE a SYSTEM \"a.dtd\">\n<a>t</a>", #"{"a":"t"}"#),
    ("<a>1\r\n2\r3</a>", #"{"a":"1\n2\n3"}"#),
    ("<a b=\"1\n2\"/>", ##"{"a":{"@b":"1 2"}}"##),
    ("<n:a xmlns:n=\"u\"><n:b/></n:a>", ##"{"n:a":{"@xmlns:n":"u","n:b":""}}"##),
    ("\u{FEFF}<é>ü</é>", #"{"é":"ü"}"#),
  ])
  func convertsToJSON(xml: String, json: String) throws {
    #expect(try apply("xml-to-json", xml) == json)
  }

  @Test func takesOptions() throws {
    let xml = #"<i:Invoice xmlns:i="u" i:id="7"><i:Line> a </i:Line><i:Tax><i:Line>b</i:Line></i:Tax></i:Invoice>"#
    #expect(
      try apply("xml-to-json", xml, ["namespaces": "strip", "arrays": ["Invoice/Line"], "trim": true])
        == ##"{"Invoice":{"@id":"7","Line":["a"],"Tax":{"Line":"b"}}}"##
    )
    #expect(try apply("xml-to-json", "<a><b/></a>", ["arrays": ["b"]]) == #"{"a":{"b":[""]}}"#)
  }

  @Test func readsLatin1() throws {
    let bytes = Array(#"<?xml version="1.0" encoding="ISO-8859-1"?><a>"#.utf8) + [0xE9] + Array("</a>".utf8)
    #expect(try FunctionLibrary.lookup("xml-to-json").apply(bytes).payload == Array(#"{"a":"é"}"#.utf8))
  }

  @Test(arguments: [
    ("", "line 1, column 1: there is no element"),
    ("text", "line 1, column 1: text outside the root element"),
    ("<a>", "line 1, column 4: the document ends before </a>"),
    ("<a>\n  <b>\n</a>", "line 3, column 1: </a> closes nothing; expected </b>"),
    ("<a/><b/>", "line 1, column 5: a second root element"),
    ("<a b='1' b='2'/>", "line 1, column 10: attribute 'b' is written twice"),
    ("<a b=1/>", "line 1, column 6: an attribute's value must be in quotes"),
    ("<a b='<'/>", "line 1, column 7: '<' cannot stand in an attribute"),
    ("<a b='1'c='2'/>", "line 1, column 9: expected white space"),
    ("<a b='1", "line 1, column 8: the attribute's value is never closed"),
    ("<a>&nope;</a>", "line 1, column 4: entity '&nope;' is not one of XML's own five"),
    ("<a>&#0;</a>", "line 1, column 4: '&#0;' is not a character that XML allows"),
    ("<a>&#x110000;</a>", "is not a character that XML allows"),
    ("<a>a & b</a>", "line 1, column 6: '&' must start a reference"),
    ("<a>]]></a>", "line 1, column 6: ']]>' cannot stand in text"),
    ("<a>\u{1}</a>", "line 1, column 4: byte 0x1 is not a character that XML allows"),
    ("<a><!-- -- --></a>", "'--' cannot stand in a comment"),
    ("<a><![CDATA[</a>", "the CDATA section is never closed"),
    ("<1a/>", "line 1, column 2: '1a' is not a name"),
    ("<a>é<b></a>", "line 1, column 8: </a> closes nothing"),
    (" <?xml version='1.0'?><a/>", "can only stand at the very start"),
    ("<!DOCTYPE a [<!ENTITY x 'y'>]><a>&x;</a>", "line 1, column 1: a DOCTYPE with declarations is refused"),
    ("<!DOCTYPE a SYSTEM 'x' [\n]><a/>", "a DOCTYPE with declarations is refused"),
    ("<?xml version='1.0' encoding='EBCDIC'?><a/>", "encoding EBCDIC is not read here"),
  ])
  func saysWhatIsNotXML(xml: String, problem: String) {
    let error = #expect(throws: FunctionError.self) { try apply("xml-to-json", xml) }
    #expect(error?.code == .functionInput)
    #expect(error?.message.contains(problem) == true, "\(error?.message ?? "")")
  }

  @Test func refusesEntityAttacks() {
    let laughs = (1...9).map { "<!ENTITY l\($0) \"\(String(repeating: "&l\($0 - 1);", count: 10))\">" }.joined()
    #expect(throws: FunctionError.self) { try apply("xml-to-json", "<!DOCTYPE a [<!ENTITY l0 \"ha\">\(laughs)]><a>&l9;</a>") }
    #expect(throws: FunctionError.self) {
      try apply("xml-to-json", "<!DOCTYPE a [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><a>&x;</a>")
    }
  }

  @Test func boundsNestingAttributesAndNames() throws {
    let deep = String(repeating: "<a>", count: 100_000)
    #expect(throws: FunctionError.self) { try apply("xml-to-json", deep) }
    let many = (0..<300).map { " a\($0)='1'" }.joined()
    #expect(throws: FunctionError.self) { try apply("xml-to-json", "<a\(many)/>") }
    let wide = "<r>" + (0..<50_000).map { "<e\($0)/>" }.joined() + "</r>"
    #expect(try apply("xml-to-json", wide).utf8.count > 500_000)
  }

  @Test func refusesWhatIsNotUTF8() {
    let function = try? FunctionLibrary.lookup("xml-to-json")
    let error = #expect(throws: FunctionError.self) { try function?.apply([0x3C, 0x61, 0x3E, 0x0A, 0xFF, 0x3C, 0x2F, 0x61, 0x3E]) }
    #expect(error?.message.contains("line 2, column 1: the text is not valid UTF-8") == true)
    #expect(throws: FunctionError.self) { try function?.apply([0xFF, 0xFE, 0x3C, 0x00]) }
  }

  @Test(arguments: [
    (#"{"a":null}"#, "<a/>"),
    (#"{"a":""}"#, "<a/>"),
    (#"{"a":true}"#, "<a>true</a>"),
    (#"{"a":1.50}"#, "<a>1.50</a>"),
    (##"{"a":{"@b":"1<\"\n","#text":"<&>","c":["x","y"],"d":[]}}"##, "<a b=\"1&lt;&quot;&#10;\">&lt;&amp;&gt;<c>x</c><c>y</c></a>"),
    (#"{"a":[{"b":1}]}"#, "<a><b>1</b></a>"),
  ])
  func convertsFromJSON(json: String, xml: String) throws {
    #expect(try apply("json-to-xml", json, ["declaration": false]) == xml)
  }

  @Test func namesRootsAndIndents() throws {
    #expect(try apply("json-to-xml", "[1,2]", ["root": "list", "declaration": false]) == "<list><item>1</item><item>2</item></list>")
    #expect(
      try apply("json-to-xml", #"{"a":{"b":{"c":1},"d":"x"}}"#, ["indent": true])
        == "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<a>\n  <b>\n    <c>1</c>\n  </b>\n  <d>x</d>\n</a>\n"
    )
  }

  @Test(arguments: [
    ("[1]", "an object with the root element"), (#"{"a":1,"b":2}"#, "an object with the root element"),
    (#"{"a":[1,2]}"#, "only one root element"), (#"{"a b":1}"#, "cannot be an XML name"), (#"{"a":{"1":2}}"#, "cannot be an XML name"),
    (#"{"a":{"b":[[1]]}}"#, "in element a/b: a list within a list"), (##"{"a":{"@b":{}}}"##, "must be single values"),
    (#"{"a":"\u0001"}"#, "control character"), ("{", "not valid JSON at line 1"),
  ])
  func saysWhatHasNoXML(json: String, problem: String) {
    let error = #expect(throws: FunctionError.self) { try apply("json-to-xml", json) }
    #expect(error?.message.contains(problem) == true, "\(error?.message ?? "")")
  }

  @Test(.enabled(if: SharedData.isPresent, "the Peppol invoices are not beside the package"))
  func convertsInvoicesThereAndBack() throws {
    let files = SharedData.files(in: "peppol-invoices", withSuffix: ".xml")
    #expect(files.count == 5)
    for file in files {
      let xml = String(decoding: try #require(SharedData.bytes(file)), as: UTF8.self)
      let json = try apply("xml-to-json", xml)
      #expect(try apply("xml-to-json", try apply("json-to-xml", json)) == json)
      let stripped = try JSON.parse(try apply("xml-to-json", xml, ["namespaces": "strip", "arrays": ["InvoiceLine", "CreditNoteLine"]]))
      let root = stripped["Invoice"] ?? stripped["CreditNote"]
      #expect(root?["ID"]?.string?.isEmpty == false)
      #expect(root?["LegalMonetaryTotal"]?["PayableAmount"]?["#text"]?.string.flatMap(Double.init) != nil)
      #expect((root?["InvoiceLine"] ?? root?["CreditNoteLine"])?.array?.isEmpty == false)
    }
  }
}
