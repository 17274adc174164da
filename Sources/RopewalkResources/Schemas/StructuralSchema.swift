package import RopewalkCore
import RopewalkFunctions

/// The structural schema of a kind (OpenAPI v3 in the form of a CustomResourceDefinition), compiled.
///
/// It fills in defaults, removes fields that it does not have, and says what is wrong. It is of the fields beside
/// `apiVersion`, `kind` and `metadata`, which have rules of their own.
package struct StructuralSchema: Sendable {
  let root: SchemaNode

  /// - Throws: what is wrong with the schema itself, with paths below `path`.
  package init(_ json: JSON, path: String = "openAPIV3Schema") throws(InvalidResource) {
    var compiler = StructuralSchemaCompiler()
    let root = compiler.compile(json, path: path)
    if root.type != .object { compiler.problems.append(InvalidField("\(path).type", .invalid, "must be object at the root")) }
    guard compiler.problems.isEmpty else { throw InvalidResource(compiler.problems) }
    for key in ["apiVersion", "kind", "metadata"] { root.properties[key] = nil }
    root.required.removeAll { ["apiVersion", "kind", "metadata"].contains($0) }
    self.root = root
  }

  /// Fills in what is not there and has a default.
  package func applyDefaults(to fields: inout JSONObject) {
    root.applyDefaults(to: &fields)
  }

  /// Removes what the schema does not have. Returns the paths of what was removed.
  package func prune(_ fields: inout JSONObject) -> [String] {
    var removed: [String] = []
    root.prune(&fields, path: "", removed: &removed)
    return removed
  }

  /// What is wrong with the fields; at most ``maxProblems``.
  package func problems(in fields: JSONObject) -> [InvalidField] {
    var problems: [InvalidField] = []
    root.check(.object(fields), path: "", problems: &problems)
    return Array(problems.prefix(Self.maxProblems))
  }

  package static let maxProblems = 100
}

/// One level of a schema. It is built once and not changed afterwards.
final class SchemaNode: @unchecked Sendable {
  enum ValueType: String { case object, array, string, integer, number, boolean }
  enum Additional {
    case none, any
    case schema(SchemaNode)
  }

  var type: ValueType?
  var isNullable = false
  var isIntOrString = false
  var preservesUnknown = false
  var isEmbeddedResource = false
  var properties: [String: SchemaNode] = [:]
  var additional = Additional.none
  var items: SchemaNode?
  var required: [String] = []
  var allowed: [JSON]?
  var minimum: Double?
  var maximum: Double?
  var isMinimumExclusive = false
  var isMaximumExclusive = false
  var multipleOf: Double?
  var lengths: ClosedRange<Int>?
  var itemCounts: ClosedRange<Int>?
  var propertyCounts: ClosedRange<Int>?
  var pattern: (text: String, expression: RegularExpression)?
  var format: String?
  var itemsAreUnique = false
  /// The keys that tell items of a list apart, where it is a map in fact.
  var listMapKeys: [String] = []
  var defaultValue: JSON?
  var allOf: [SchemaNode] = []
  var anyOf: [SchemaNode] = []
  var oneOf: [SchemaNode] = []
  var not: SchemaNode?
}
