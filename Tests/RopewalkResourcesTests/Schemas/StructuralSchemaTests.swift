import RopewalkCore
import RopewalkResources
import Testing

@Suite struct StructuralSchemaTests {
  private func schema(_ properties: JSON, extra: JSONObject = [:]) throws -> StructuralSchema {
    var object: JSONObject = ["type": "object", "properties": properties]
    for member in extra.members { object[member.key] = member.value }
    return try StructuralSchema(.object(object))
  }

  private func problems(_ schema: StructuralSchema, _ text: String) throws -> [String] {
    let fields = try #require(try JSON.parse(text).object)
    return schema.problems(in: fields).map { "\($0.field) \($0.reason.rawValue)" }
  }

  @Test func defaultsAreFilledIn() throws {
    let schema = try schema([
      "spec": [
        "type": "object", "default": [:],
        "properties": [
          "size": ["type": "integer", "default": 3], "name": ["type": "string", "nullable": true, "default": "x"],
          "list": ["type": "array", "items": ["type": "object", "properties": ["on": ["type": "boolean", "default": true]]]],
        ],
      ]
    ])
    var fields: JSONObject = [:]
    schema.applyDefaults(to: &fields)
    #expect(fields["spec"]?["size"] == 3 && fields["spec"]?["name"] == "x")
    fields = ["spec": ["size": .null, "name": .null, "list": [["on": false], [:]]]]
    schema.applyDefaults(to: &fields)
    #expect(fields["spec"]?["size"] == 3)
    #expect(fields["spec"]?["name"] == .null)
    #expect(fields["spec"]?["list"] == [["on": false], ["on": true]])
  }

  @Test func unknownFieldsArePruned() throws {
    let schema = try schema([
      "spec": [
        "type": "object",
        "properties": [
          "known": ["type": "string"], "any": ["type": "object", "x-kubernetes-preserve-unknown-fields": true],
          "map": ["type": "object", "additionalProperties": ["type": "object", "properties": ["a": ["type": "string"]]]],
          "list": ["type": "array", "items": ["type": "object", "properties": ["a": ["type": "string"]]]],
        ],
      ]
    ])
    var fields = try #require(
      try JSON.parse(
        #"{"spec":{"known":"a","other":1,"any":{"x":{"y":1}},"map":{"k":{"a":"1","b":2}},"list":[{"a":"1"},{"b":2}]},"data":5}"#
      ).object
    )
    #expect(schema.prune(&fields) == ["spec.other", "spec.map.k.b", "spec.list[1].b", "data"])
    #expect(
      JSON.object(fields).text() == #"{"spec":{"known":"a","any":{"x":{"y":1}},"map":{"k":{"a":"1"}},"list":[{"a":"1"},{}]}}"#
    )
  }

  @Test(arguments: [
    (#"{"v":"x"}"#, "{\"type\":\"integer\"}", "v FieldValueTypeInvalid"), (#"{"v":1.0}"#, "{\"type\":\"integer\"}", ""),
    (#"{"v":1.5}"#, "{\"type\":\"integer\"}", "v FieldValueTypeInvalid"),
    (#"{"v":null}"#, "{\"type\":\"string\"}", "v FieldValueTypeInvalid"),
    (#"{"v":null}"#, "{\"type\":\"string\",\"nullable\":true}", ""),
    (#"{"v":"c"}"#, #"{"type":"string","enum":["a","b"]}"#, "v FieldValueNotSupported"),
    (#"{"v":5}"#, #"{"type":"integer","maximum":4}"#, "v FieldValueInvalid"),
    (#"{"v":4}"#, #"{"type":"integer","maximum":4,"exclusiveMaximum":true}"#, "v FieldValueInvalid"),
    (#"{"v":-1}"#, #"{"type":"number","minimum":0}"#, "v FieldValueInvalid"),
    (#"{"v":7}"#, #"{"type":"integer","multipleOf":5}"#, "v FieldValueInvalid"),
    (#"{"v":"abc"}"#, #"{"type":"string","pattern":"^[a-b]+$"}"#, "v FieldValueInvalid"),
    (#"{"v":"abc"}"#, #"{"type":"string","maxLength":2}"#, "v FieldValueTooLong"), (#"{"v":"é"}"#, #"{"type":"string","maxLength":1}"#, ""),
    (#"{"v":[1,1]}"#, #"{"type":"array","items":{"type":"integer"},"x-kubernetes-list-type":"set"}"#, "v[1] FieldValueDuplicate"),
    (#"{"v":[1,2,3]}"#, #"{"type":"array","items":{"type":"integer"},"maxItems":2}"#, "v FieldValueTooMany"),
    (
      #"{"v":[{"n":"a"},{"n":"a"}]}"#,
      #"{"type":"array","items":{"type":"object","properties":{"n":{"type":"string"}}},"x-kubernetes-list-type":"map","x-kubernetes-list-map-keys":["n"]}"#,
      "v[1] FieldValueDuplicate"
    ), (#"{"v":{}}"#, #"{"type":"object","properties":{"a":{"type":"string"}},"required":["a"]}"#, "v.a FieldValueRequired"),
    (#"{"v":"5%"}"#, #"{"x-kubernetes-int-or-string":true}"#, ""), (#"{"v":5}"#, #"{"x-kubernetes-int-or-string":true}"#, ""),
    (#"{"v":true}"#, #"{"x-kubernetes-int-or-string":true}"#, "v FieldValueTypeInvalid"),
    (#"{"v":"2026-11-21T10:15:30Z"}"#, #"{"type":"string","format":"date-time"}"#, ""),
    (#"{"v":"today"}"#, #"{"type":"string","format":"date-time"}"#, "v FieldValueInvalid"),
    (#"{"v":"?"}"#, #"{"type":"string","format":"byte"}"#, "v FieldValueInvalid"),
    (#"{"v":"?"}"#, #"{"type":"string","format":"made-up"}"#, ""),
    (#"{"v":3}"#, #"{"type":"integer","oneOf":[{"minimum":2},{"maximum":4}]}"#, "v FieldValueInvalid"),
    (#"{"v":1}"#, #"{"type":"integer","oneOf":[{"minimum":2},{"maximum":4}]}"#, ""),
    (#"{"v":3}"#, #"{"type":"integer","anyOf":[{"minimum":9},{"maximum":2}]}"#, "v FieldValueInvalid"),
    (#"{"v":3}"#, #"{"type":"integer","allOf":[{"minimum":4}]}"#, "v FieldValueInvalid"),
    (#"{"v":3}"#, #"{"type":"integer","not":{"enum":[3]}}"#, "v FieldValueInvalid"),
  ])
  func valuesAreChecked(document: String, property: String, expected: String) throws {
    let schema = try schema(["v": try JSON.parse(property)])
    #expect(try problems(schema, document) == (expected.isEmpty ? [] : [expected]))
  }

  @Test(arguments: [
    (#"{"properties":{}}"#, "openAPIV3Schema.type"), (#"{"type":"object","properties":{"a":{}}}"#, "openAPIV3Schema.properties[a].type"),
    (#"{"type":"object","properties":{"a":{"type":"text"}}}"#, "openAPIV3Schema.properties[a].type"),
    (#"{"type":"object","properties":{"a":{"type":"array"}}}"#, "openAPIV3Schema.properties[a].items"),
    (#"{"type":"object","properties":{"a":{"type":"string","pattern":"("}}}"#, "openAPIV3Schema.properties[a].pattern"),
    (##"{"type":"object","properties":{"a":{"$ref":"#/x"}}}"##, "openAPIV3Schema.properties[a].$ref"),
    (#"{"type":"object","properties":{"a":{"type":"integer","default":"x"}}}"#, "openAPIV3Schema.properties[a].default"),
    (#"{"type":"object","properties":{"a":{"type":"string","minLength":5,"maxLength":2}}}"#, "openAPIV3Schema.properties[a].minLength"),
  ])
  func brokenSchemasAreRefused(text: String, field: String) throws {
    let json = try JSON.parse(text)
    let error = #expect(throws: InvalidResource.self) { try StructuralSchema(json) }
    #expect(error?.causes.contains { $0.field == field } == true, "\(String(describing: error))")
  }
}
