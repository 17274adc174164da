import RopewalkCore

/// Which keywords count in a schema resource, and how: its draft, and the vocabularies of its meta-schema.
struct SchemaDialect: Sendable, Equatable {
  var draft: SchemaDraft
  var hasApplicators = true
  var hasValidation = true
  var hasUnevaluated = true
  /// The meta-schema says that `format` is an assertion.
  var assertsFormat = false

  static let draft7 = SchemaDialect(draft: .draft7)
  static let draft2020_12 = SchemaDialect(draft: .draft2020_12)

  private static let vocabularyPrefix = "https://json-schema.org/draft/2020-12/vocab/"

  /// The dialect of a meta-schema's `$vocabulary`.
  /// - Throws: ``FunctionError`` where it requires a vocabulary that is not known.
  init(vocabularies: JSONObject) throws(FunctionError) {
    draft = .draft2020_12
    var names: Set<String> = []
    for member in vocabularies.members {
      let isKnown =
        member.key.hasPrefix(Self.vocabularyPrefix) && Self.known.contains(String(member.key.dropFirst(Self.vocabularyPrefix.count)))
      guard isKnown || member.value != .bool(true) else {
        throw FunctionError(.schemaInvalid, "the schema's dialect requires the vocabulary \(member.key), which is not known here")
      }
      if isKnown { names.insert(String(member.key.dropFirst(Self.vocabularyPrefix.count))) }
    }
    hasApplicators = names.contains("applicator")
    hasValidation = names.contains("validation")
    hasUnevaluated = names.contains("unevaluated")
    assertsFormat = names.contains("format-assertion")
  }

  private init(draft: SchemaDraft) { self.draft = draft }

  init(_ draft: SchemaDraft) { self.draft = draft }

  private static let known: Set<String> = [
    "core", "applicator", "unevaluated", "validation", "meta-data", "format-annotation", "format-assertion", "content",
  ]

  /// The dialect that a `$schema` names; nil when it is neither draft.
  static func named(_ uri: String) -> SchemaDialect? {
    switch uri.hasSuffix("#") ? String(uri.dropLast()) : uri {
    case "http://json-schema.org/draft-07/schema", "https://json-schema.org/draft-07/schema": .draft7
    case "https://json-schema.org/draft/2020-12/schema", "http://json-schema.org/draft/2020-12/schema": .draft2020_12
    default: nil
    }
  }

  /// Keywords whose value is a schema.
  var schemaKeywords: [String] {
    switch draft {
    case .draft7:
      ["additionalItems", "contains", "additionalProperties", "propertyNames", "not", "if", "then", "else", "items"]
    case .draft2020_12:
      [
        "items", "contains", "additionalProperties", "propertyNames", "not", "if", "then", "else", "unevaluatedItems",
        "unevaluatedProperties", "contentSchema",
      ]
    }
  }

  /// Keywords whose value is a list of schemas.
  var listKeywords: [String] {
    switch draft {
    case .draft7: ["allOf", "anyOf", "oneOf", "items"]
    case .draft2020_12: ["allOf", "anyOf", "oneOf", "prefixItems"]
    }
  }

  /// Keywords whose value is a map of schemas.
  var mapKeywords: [String] {
    switch draft {
    case .draft7: ["properties", "patternProperties", "definitions", "dependencies"]
    case .draft2020_12: ["properties", "patternProperties", "$defs", "definitions", "dependentSchemas", "dependencies"]
    }
  }
}
