import RopewalkCore
import RopewalkFunctions

/// Reads a schema, and gathers everything that is wrong with it.
struct StructuralSchemaCompiler {
  var problems: [InvalidField] = []

  mutating func compile(_ json: JSON, path: String, isInsideLogic: Bool = false) -> SchemaNode {
    let node = SchemaNode()
    guard case .object(let object) = json else {
      problems.append(InvalidField(path, .typeInvalid, "found \(json.typeName) where a schema should be"))
      return node
    }
    for key in ["$ref", "definitions", "dependencies", "patternProperties", "id", "additionalItems"] where object[key] != nil {
      problems.append(InvalidField("\(path).\(key)", .forbidden, "must not be used: a structural schema says everything in its place"))
    }
    readKind(object, node, path: path, isInsideLogic: isInsideLogic)
    readMembers(object, node, path: path, isInsideLogic: isInsideLogic)
    readBounds(object, node, path: path)
    readLogic(object, node, path: path)
    node.defaultValue = object["default"]
    if let value = node.defaultValue, !isInsideLogic, path.hasSuffix("openAPIV3Schema") == false {
      var wrong: [InvalidField] = []
      node.check(value, path: "\(path).default", problems: &wrong)
      problems += wrong
    }
    return node
  }

  private mutating func readKind(_ object: JSONObject, _ node: SchemaNode, path: String, isInsideLogic: Bool) {
    node.isNullable = object["nullable"]?.bool ?? false
    node.isIntOrString = object["x-kubernetes-int-or-string"]?.bool ?? (object["format"]?.string == "int-or-string")
    node.preservesUnknown = object["x-kubernetes-preserve-unknown-fields"]?.bool ?? false
    node.isEmbeddedResource = object["x-kubernetes-embedded-resource"]?.bool ?? false
    if let text = object["type"]?.string {
      node.type = SchemaNode.ValueType(rawValue: text)
      if node.type == nil {
        problems.append(
          InvalidField(
            "\(path).type",
            .notSupported,
            "\"\(text.prefix(40))\": supported are array, boolean, integer, number, object, string"
          )
        )
      }
    } else if !isInsideLogic, !node.isIntOrString, !node.preservesUnknown {
      problems.append(InvalidField("\(path).type", .required, "must not be empty for specified fields of a structural schema"))
    }
    node.format = object["format"]?.string
    node.allowed = object["enum"]?.array
  }

  private mutating func readMembers(_ object: JSONObject, _ node: SchemaNode, path: String, isInsideLogic: Bool) {
    for member in object["properties"]?.object?.members ?? [] {
      node.properties[member.key] = compile(member.value, path: "\(path).properties[\(member.key)]", isInsideLogic: isInsideLogic)
    }
    switch object["additionalProperties"] {
    case nil, .bool(false): break
    case .bool(true): node.additional = .any
    case let schema?:
      node.additional = .schema(compile(schema, path: "\(path).additionalProperties", isInsideLogic: isInsideLogic))
      if !node.properties.isEmpty {
        problems.append(InvalidField("\(path).additionalProperties", .forbidden, "is mutually exclusive with properties"))
      }
    }
    switch object["items"] {
    case nil:
      if node.type == .array, !isInsideLogic { problems.append(InvalidField("\(path).items", .required, "must be specified for an array")) }
    case let schema?: node.items = compile(schema, path: "\(path).items", isInsideLogic: isInsideLogic)
    }
    node.required = object["required"]?.array?.compactMap(\.string) ?? []
    node.itemsAreUnique = object["uniqueItems"]?.bool ?? (object["x-kubernetes-list-type"]?.string == "set")
    if object["x-kubernetes-list-type"]?.string == "map" {
      node.listMapKeys = object["x-kubernetes-list-map-keys"]?.array?.compactMap(\.string) ?? []
    }
  }

  private mutating func readBounds(_ object: JSONObject, _ node: SchemaNode, path: String) {
    node.minimum = object["minimum"]?.double
    node.maximum = object["maximum"]?.double
    node.isMinimumExclusive = object["exclusiveMinimum"]?.bool ?? false
    node.isMaximumExclusive = object["exclusiveMaximum"]?.bool ?? false
    node.multipleOf = object["multipleOf"]?.double.flatMap { $0 > 0 ? $0 : nil }
    node.lengths = range(object, "minLength", "maxLength", path)
    node.itemCounts = range(object, "minItems", "maxItems", path)
    node.propertyCounts = range(object, "minProperties", "maxProperties", path)
    guard let pattern = object["pattern"]?.string else { return }
    do {
      node.pattern = (pattern, try RegularExpression(pattern))
    } catch {
      problems.append(InvalidField("\(path).pattern", .invalid, "is no regular expression: \(error.message)"))
    }
  }

  private mutating func range(_ object: JSONObject, _ low: String, _ high: String, _ path: String) -> ClosedRange<Int>? {
    guard object[low] != nil || object[high] != nil else { return nil }
    let bounds = (object[low]?.int ?? 0, object[high]?.int ?? .max)
    guard bounds.0 >= 0, bounds.0 <= bounds.1 else {
      problems.append(InvalidField("\(path).\(low)", .invalid, "must be from 0 to \(high)"))
      return nil
    }
    return bounds.0...bounds.1
  }

  private mutating func readLogic(_ object: JSONObject, _ node: SchemaNode, path: String) {
    func branches(_ key: String) -> [JSON] { object[key]?.array ?? [] }
    node.allOf = branches("allOf").enumerated().map { compile($1, path: "\(path).allOf[\($0)]", isInsideLogic: true) }
    node.anyOf = branches("anyOf").enumerated().map { compile($1, path: "\(path).anyOf[\($0)]", isInsideLogic: true) }
    node.oneOf = branches("oneOf").enumerated().map { compile($1, path: "\(path).oneOf[\($0)]", isInsideLogic: true) }
    node.not = object["not"].map { compile($0, path: "\(path).not", isInsideLogic: true) }
  }
}
