import RopewalkCore
import RopewalkFunctions
import RopewalkTesting
import Testing

@Suite(.takesTurns) struct SchemaValidatorTests {
  private static let invoice: JSON = [
    "type": "object",
    "required": ["id", "lines"],
    "properties": [
      "id": ["type": "string", "pattern": "^[A-Z]-\\d+$"],
      "lines": ["type": "array", "minItems": 1, "items": ["$ref": "#/$defs/line"]],
    ],
    "additionalProperties": false,
    "$defs": ["line": ["type": "object", "properties": ["amount": ["type": "number", "minimum": 0], "a/b": ["const": 1]]]],
  ]

  @Test func listsEverythingThatIsWrong() throws {
    let validator = try SchemaValidator(schema: Self.invoice)
    let violations = try validator.validate(try JSON.parse(#"{"id":"x","lines":[{"amount":1},{"amount":-1,"a/b":2}],"~":0}"#))
    #expect(
      violations == [
        SchemaViolation(instance: "/id", schema: "/properties/id/pattern", message: "must match the pattern"),
        SchemaViolation(instance: "/lines/1/amount", schema: "/$defs/line/properties/amount/minimum", message: "must be at least 0"),
        SchemaViolation(
          instance: "/lines/1/a~1b",
          schema: "/$defs/line/properties/a~1b/const",
          message: "must be the one value that is allowed"
        ),
        SchemaViolation(instance: "/~0", schema: "/additionalProperties", message: "is not allowed"),
      ]
    )
    #expect(try validator.validate([:]).map(\.message) == ["must have the member 'id'", "must have the member 'lines'"])
    #expect(try validator.isValid(["id": "A-1", "lines": [["amount": 0]]]))
  }

  @Test func staysBelowItsLimits() throws {
    var options = SchemaOptions()
    options.limits.maxViolations = 3
    let ones = try SchemaValidator(schema: ["items": ["type": "string"]], options: options)
    #expect(try ones.validate(.array(Array(repeating: 1, count: 1000))).count == 3)

    let doubling = (0..<40).map { "\"a\($0)\":{\"allOf\":[{\"$ref\":\"#/$defs/a\($0 + 1)\"},{\"$ref\":\"#/$defs/a\($0 + 1)\"}]}" }
    options.limits.maxEvaluations = 100_000
    let laborious = try SchemaValidator(
      schema: try JSON.parse("{\"$defs\":{\(doubling.joined(separator: ",")),\"a40\":true},\"$ref\":\"#/$defs/a0\"}"),
      options: options
    )
    let tooMany = #expect(throws: FunctionError.self) { try laborious.validate(1) }
    #expect(tooMany?.code == .schemaLimit)

    options.limits.maxSubschemas = 5
    #expect(throws: FunctionError.self) { try SchemaValidator(schema: Self.invoice, options: options).isValid(1) }
  }

  @Test(arguments: [
    ##"{"$ref":"#"}"##, ##"{"allOf":[{"$ref":"#"}]}"##, ##"{"not":{"$ref":"#"}}"##, ##"{"$dynamicRef":"#a","$dynamicAnchor":"a"}"##,
  ])
  func endsSchemasThatReferToThemselves(schema: String) throws {
    let validator = try SchemaValidator(schema: try JSON.parse(schema))
    let error = #expect(throws: FunctionError.self) { try validator.isValid(1) }
    #expect(error?.code == .schemaLimit)
  }

  @Test func followsDeepPayloads() throws {
    let tree = try SchemaValidator(schema: try JSON.parse(##"{"type":"array","items":{"$ref":"#"}}"##))
    let depth = JSON.maxNesting - 1
    #expect(try tree.isValid(try JSON.parse(String(repeating: "[", count: depth) + String(repeating: "]", count: depth))))
  }

  @Test(arguments: [
    (#"{"type":"strng"}"#, "(at /type of the schema)"),
    (
      #"{"properties":{"a/b":{"minLength":-1}}}"#,
      "minLength must be a whole number that is not negative (at /properties/a~1b/minLength of the schema)"
    ),
    (#"{"pattern":"("}"#, "pattern is not a regular expression"),
    (#"{"patternProperties":{"[":1}}"#, "patternProperties is not a regular expression"),
    (#"{"multipleOf":0}"#, "multipleOf must be greater than 0"), (#"{"required":["a",1]}"#, "required must be a list of strings"),
    (#"{"required":"a"}"#, "required must be a list of strings"), (#"{"enum":1}"#, "enum must be a list"),
    (#"{"allOf":{}}"#, "allOf must be a list of schemas"),
    (#"{"properties":[]}"#, "properties must be a map of schemas"),
    (#"{"items":7}"#, "a schema must be a map or a boolean, not a number (at /items)"),
    (#"{"minimum":"1"}"#, "minimum must be a number"), (#"{"uniqueItems":1}"#, "uniqueItems must be true or false"),
    (##"{"$ref":"#/$defs/no"}"##, "the reference '#/$defs/no' leads nowhere"), (##"{"$ref":"#nope"}"##, "leads nowhere"),
    (#"{"$ref":"http://example.com/x"}"#, "refers to http://example.com/x, which is not at hand; nothing is fetched"),
    (#"{"$schema":"http://json-schema.org/draft-04/schema#"}"#, "which is not known; drafts 7 and 2020-12 are"),
    ("7", "a schema must be a map or a boolean"),
    (#"{"$ref":1}"#, "$ref must be a string"), (##"{"$ref":"#/%"}"##, "leads nowhere"),
    (#"{"dependencies":[]}"#, "dependencies must be a map"),
    (#"{"dependencies":{"a/b":[1]}}"#, "dependencies must be a list of strings (at /dependencies/a~1b of the schema)"),
    (#"{"dependentRequired":{"a":[1]}}"#, "dependentRequired must be a list of strings (at /dependentRequired/a of the schema)"),
  ])
  func saysWhatIsNoSchema(schema: String, problem: String) throws {
    let value = try JSON.parse(schema)
    let error = #expect(throws: FunctionError.self) { try SchemaValidator(schema: value) }
    #expect(error?.code == .schemaInvalid)
    #expect(error?.message.contains(problem) == true, "\(error?.message ?? "")")
  }

  @Test(arguments: [
    ("0.3", "0.1", true), ("1e400", "7", false), ("7e400", "7", true), ("123456789012345678901234567890", "10", true),
    ("123456789012345678901234567891", "10", false), ("1e1000000000", "3", false), ("3e1000000000", "3", true), ("0", "7", true),
    ("-4.5", "1.5", true), ("1e-400", "1e-401", true), ("246913578024691357802469135780", "12345678901234567890123456789", true),
    ("246913578024691357802469135781", "12345678901234567890123456789", false), ("1e100000", "12345678901234567890123456789", false),
    ("1", "1e3", false),
  ])
  func dividesExactly(number: String, divisor: String, expected: Bool) throws {
    let validator = try SchemaValidator(schema: try JSON.parse("{\"multipleOf\":\(divisor)}"))
    #expect(try validator.isValid(try JSON.parse(number)) == expected)
  }

  @Test(arguments: [
    ("9007199254740993", "9007199254740992", 1), ("1.0", "1", 0), ("-1e-400", "0", -1), ("1e400", "1e399", 1), ("0e5", "-0", 0),
    ("0.10", "1e-1", 0), ("-2", "-1", -1),
    ("1e99999999999999999999", "1e400", 1), ("1e-99999999999999999999", "1e-400", -1), ("99.5", "100", -1),
  ])
  func comparesExactly(left: String, right: String, order: Int) throws {
    for (keyword, expected) in [
      ("minimum", order >= 0), ("maximum", order <= 0), ("exclusiveMinimum", order > 0), ("exclusiveMaximum", order < 0),
      ("const", order == 0),
    ] {
      let validator = try SchemaValidator(schema: try JSON.parse("{\"\(keyword)\":\(right)}"))
      #expect(try validator.isValid(try JSON.parse(left)) == expected, "\(keyword)")
    }
  }

  @Test func tellsUnicodeFormsApart() throws {
    #expect(try !SchemaValidator(schema: ["const": "\u{E9}"]).isValid("e\u{301}"))
    #expect(try SchemaValidator(schema: ["uniqueItems": true]).isValid(["\u{E9}", "e\u{301}"]))
    let letters: JSON = ["A", "B", "C", "D", "E", "F", "G", "K"]
    #expect(try !SchemaValidator(schema: ["enum": letters]).isValid("\u{212A}"))
    let closed = try SchemaValidator(schema: ["properties": ["K": true], "additionalProperties": false])
    #expect(try closed.isValid(["K": 1]))
    #expect(try !closed.isValid(["\u{212A}": 1]))
  }

  @Test func comparesLargeValuesQuickly() throws {
    let keys = (0..<20_000).map { "k\($0)" }
    let object = JSON.object(JSONObject(keys.map { .init(key: $0, value: 1) }))
    let reversed = JSON.object(JSONObject(keys.reversed().map { .init(key: $0, value: 1.0) }))
    let time = try ProcessorTime.spent { () throws in
      #expect(try !SchemaValidator(schema: ["uniqueItems": true]).isValid([object, reversed]))
      #expect(try SchemaValidator(schema: ["uniqueItems": true]).isValid(.array((0..<50_000).map { JSON.number(JSONNumber($0)) })))
      #expect(try SchemaValidator(schema: ["required": .array(keys.map(JSON.string))]).isValid(object))
    }
    #expect(time < .seconds(10))
  }

  @Test func keepsCompiledSchemas() throws {
    let cache = SchemaCache(capacity: 2, maxSchemaSize: 100)
    let schemas = ["string", "number", "null"].map { Array("{\"type\":\"\($0)\"}".utf8) }
    let first = try cache.validator(for: schemas[0])
    #expect(try cache.validator(for: schemas[0]) === first)
    _ = try cache.validator(for: schemas[1])
    #expect(try cache.validator(for: schemas[0]) === first)
    let second = try cache.validator(for: schemas[1])
    _ = try cache.validator(for: schemas[2])
    #expect(try cache.validator(for: schemas[0]) !== first)
    #expect(try cache.validator(for: schemas[1]) !== second)
    #expect(
      try cache.validate(Array("1".utf8), against: schemas[0]).first?.json == [
        "instance": "", "schema": "/type", "message": "must be string",
      ]
    )
    #expect(throws: FunctionError.self) { try cache.validator(for: Array("{".utf8)) }
    #expect(throws: FunctionError.self) { try cache.validator(for: Array(repeating: 0x20, count: 101)) }
    #expect(throws: FunctionError.self) { try cache.validate(Array("{".utf8), against: schemas[0]) }
  }

  @Test func knowsMetaSchemas() throws {
    for uri in ["http://json-schema.org/draft-07/schema#", "https://json-schema.org/draft/2020-12/schema"] {
      let validator = try SchemaValidator(schema: ["$ref": .string(uri), "$schema": .string(uri)])
      #expect(try validator.isValid(Self.invoice))
      #expect(try !validator.isValid(["type": "strng"]))
    }
  }

  @Test func boundsPatternsInSchemas() throws {
    let validator = try SchemaValidator(schema: ["not": ["pattern": "^(a+)+\\1b$"]])
    let error = #expect(throws: FunctionError.self) { try validator.isValid(.string(String(repeating: "a", count: 5000))) }
    #expect(error?.code == .schemaLimit)
  }
}
