import RopewalkCore

/// A compiled schema: nodes that refer to one another by index, so that cycles cost nothing.
struct SchemaProgram: Sendable {
  var nodes: [SchemaNode] = []
  var root = 0
  /// For each resource, the nodes of its dynamic anchors.
  var dynamicAnchors: [[String: Int]] = []
}

/// A subschema.
struct SchemaNode: Sendable {
  /// See ``SchemaViolation/schema``.
  var location: String
  var resource: Int
  /// In the order they are checked in: cheap ones first, `unevaluated…` last.
  var keywords: [SchemaKeyword] = []
  /// The schema `false`.
  var isFalse = false
  /// Asks which members or elements other keywords have looked at.
  var needsEvaluatedPlaces = false
}

/// Indirect, so that handing one on is a matter of one reference.
indirect enum SchemaKeyword: Sendable {
  case type(SchemaTypes)
  case constant(JSON)
  case enumeration(SchemaEnumeration)
  case bound(SchemaBound)
  case multipleOf(ExactDecimal)
  case length(minimum: Int?, maximum: Int?)
  case pattern(RegularExpression)
  case format(name: String, check: @Sendable (String) -> Bool)
  case content(encoding: String?, mediaType: String?)

  case memberCount(minimum: Int?, maximum: Int?)
  case required([String])
  case dependentRequired([(key: String, required: [String])])
  case members(SchemaMembers)
  case propertyNames(Int)
  case dependentSchemas([(key: String, node: Int)])

  case elementCount(minimum: Int?, maximum: Int?)
  case uniqueElements
  case elements(prefix: [Int], rest: Int?)
  case contains(Int, minimum: Int, maximum: Int?, counts: Bool)

  case reference(Int)
  case dynamicReference(Int, anchor: String)
  case allOf([Int])
  case anyOf([Int])
  case oneOf([Int])
  case not(Int)
  case conditional(if: Int, then: Int?, else: Int?)

  case unevaluatedMembers(Int)
  case unevaluatedElements(Int)
}

/// `properties`, `patternProperties` and `additionalProperties`, which are looked at together.
struct SchemaMembers: Sendable {
  var properties: [ExactText: Int] = [:]
  var patterns: [(expression: RegularExpression, node: Int)] = []
  var additional: Int?
}

/// The values of `enum`, strings apart where they are many.
struct SchemaEnumeration: Sendable {
  var values: [JSON]
  var texts: Set<ExactText>
}

/// `minimum` and its kin.
struct SchemaBound: Sendable {
  enum Side: String, Sendable { case minimum, maximum, exclusiveMinimum, exclusiveMaximum }

  var side: Side
  var limit: ExactDecimal
  var literal: String
  /// The limit as a machine integer, where it is one.
  var integer: Int?
  /// The nearest machine number.
  var double: Double
}

/// JSON Schema's types, as a set.
struct SchemaTypes: OptionSet, Sendable {
  let rawValue: UInt8

  static let null = SchemaTypes(rawValue: 1)
  static let boolean = SchemaTypes(rawValue: 2)
  static let integer = SchemaTypes(rawValue: 4)
  static let number = SchemaTypes(rawValue: 8)
  static let string = SchemaTypes(rawValue: 16)
  static let array = SchemaTypes(rawValue: 32)
  static let object = SchemaTypes(rawValue: 64)

  private static let byName: [(name: String, type: SchemaTypes)] = [
    ("null", .null), ("boolean", .boolean), ("integer", .integer), ("number", .number), ("string", .string), ("array", .array),
    ("object", .object),
  ]

  static func named(_ name: String) -> SchemaTypes? { byName.first { $0.name == name }?.type }

  var names: [String] { Self.byName.filter { contains($0.type) }.map(\.name) }
}
