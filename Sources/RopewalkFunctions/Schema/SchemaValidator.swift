package import RopewalkCore

/// A JSON Schema, draft 7 or 2020-12, compiled once and then used from any task.
///
/// `format` is an annotation unless asked for as an assertion; `contentEncoding` and `contentMediaType` likewise.
/// Documents are never fetched: a `$ref` leads within the schema, to the built-in meta-schemas, or to what
/// ``SchemaOptions/documents`` gives.
package final class SchemaValidator: Sendable {
  private let program: SchemaProgram
  private let limits: SchemaLimits

  /// - Throws: ``FunctionError`` with code `schema.invalid` and the place in the schema.
  package convenience init(schema: JSON, options: SchemaOptions = SchemaOptions()) throws(FunctionError) {
    var allowance = WorkAllowance()
    try self.init(schema: schema, options: options, within: &allowance)
  }

  /// - Throws: as ``init(schema:options:)``, and where the allowance is used up.
  package init(schema: JSON, options: SchemaOptions = SchemaOptions(), within allowance: inout WorkAllowance) throws(FunctionError) {
    program = try SchemaCompiler.compile(schema, options: options, within: &allowance)
    limits = options.limits
  }

  /// What is wrong with an instance; empty when it is valid. At most ``SchemaLimits/maxViolations`` are listed.
  /// - Throws: ``FunctionError`` with code `schema.limit` where validation is too laborious or never ends.
  package func validate(_ instance: JSON) throws(FunctionError) -> [SchemaViolation] {
    var allowance = WorkAllowance()
    return try validate(instance, within: &allowance)
  }

  /// - Throws: as ``validate(_:)``, with code `function.timeout` where the allowance's time is used up.
  package func validate(_ instance: JSON, within allowance: inout WorkAllowance) throws(FunctionError) -> [SchemaViolation] {
    if try isValid(instance, within: &allowance) { return [] }
    var evaluation = SchemaEvaluation(program: program, limits: limits, listsViolations: true, within: allowance)
    defer { allowance = evaluation.allowance }
    return try evaluation.violations(of: instance)
  }

  /// Whether an instance is valid; stops at the first thing wrong with it.
  /// - Throws: as ``validate(_:)``.
  package func isValid(_ instance: JSON) throws(FunctionError) -> Bool {
    var allowance = WorkAllowance()
    return try isValid(instance, within: &allowance)
  }

  private func isValid(_ instance: JSON, within allowance: inout WorkAllowance) throws(FunctionError) -> Bool {
    var evaluation = SchemaEvaluation(program: program, limits: limits, listsViolations: false, within: allowance)
    defer { allowance = evaluation.allowance }
    return try evaluation.isValid(instance)
  }
}

/// One thing wrong with an instance.
package struct SchemaViolation: Sendable, Hashable, CustomStringConvertible {
  /// JSON pointer into the instance.
  package var instance: String
  /// Where the keyword stands: a JSON pointer into the schema, behind its URI and `#` where it is in another document.
  package var schema: String
  /// What the instance must be, in words; never what it is.
  package var message: String

  package init(instance: String, schema: String, message: String) {
    self.instance = instance
    self.schema = schema
    self.message = message
  }

  package var description: String { (instance.isEmpty ? "the value" : instance) + " " + message }

  /// The form that a guest's `Validate` hands out.
  package var json: JSON {
    .object(["instance": .string(instance), "schema": .string(schema), "message": .string(message)])
  }
}

package struct SchemaOptions: Sendable {
  /// What a schema without `$schema` is written in.
  package var defaultDraft = SchemaDraft.draft2020_12
  /// `format` decides validity. Default false: it is an annotation.
  package var assertsFormat = false
  /// `contentEncoding` (base64) and `contentMediaType` (application/json) decide validity. Default false.
  package var assertsContent = false
  /// Further documents by their absolute URI, without a fragment. Default: there are none.
  package var documents: @Sendable (String) -> JSON? = { _ in nil }
  package var limits = SchemaLimits()

  package init() {}
}

package enum SchemaDraft: Sendable {
  case draft7
  case draft2020_12
}

package struct SchemaLimits: Sendable {
  /// Subschemas a schema may have, those it refers to included. Default 20,000.
  package var maxSubschemas = 20_000
  /// Instructions that the patterns of a schema may need together. Default 500,000.
  package var maxPatternInstructions = 500_000
  /// Bytes of the places of all subschemas, as messages name them. Default 16 MiB.
  package var maxLocationBytes = 16 << 20
  /// Documents a schema may refer to. Default 64.
  package var maxDocuments = 64
  /// Applications of a subschema to a value, in one validation. Default 10,000,000.
  package var maxEvaluations = 10_000_000
  /// Applications within one another. Default 1,200, which needs up to 1.2 MB of stack, and twice what a payload nests.
  package var maxDepth = 1200
  /// Violations that are listed. Default 100.
  package var maxViolations = 100
  /// Bytes of the listed violations, after which no further one is listed. Default 1 MiB.
  package var maxViolationBytes = 1 << 20

  package init() {}
}

extension ErrorCode {
  /// A JSON Schema that cannot be used.
  package static let schemaInvalid = ErrorCode("schema.invalid", .invalid)
  /// A validation that would take too long, or never end.
  package static let schemaLimit = ErrorCode("schema.limit", .rejected)
  /// A payload that does not fit its schema.
  package static let schemaViolated = ErrorCode("schema.violated", .rejected)
}
