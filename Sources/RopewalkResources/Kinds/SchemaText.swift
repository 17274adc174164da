import RopewalkCore

/// Short words for writing the schemas of built-in kinds.
enum SchemaText {
  /// A whole object: its envelope and the given fields.
  static func object(_ description: String, _ fields: JSONObject, required: [String] = []) -> JSON {
    var properties: JSONObject = [
      "apiVersion": ["type": "string", "description": "The version of the form in which the object is written."],
      "kind": ["type": "string", "description": "What kind of object it is."],
      "metadata": ["type": "object", "description": "Standard metadata: name, namespace, labels, annotations."],
    ]
    for member in fields.members { properties[member.key] = member.value }
    return map(description, properties, required: required)
  }

  static func map(_ description: String, _ properties: JSONObject, required: [String] = []) -> JSON {
    var schema: JSONObject = ["type": "object", "description": .string(description), "properties": .object(properties)]
    if !required.isEmpty { schema["required"] = .array(required.map { .string($0) }) }
    return .object(schema)
  }

  static func text(_ description: String, pattern: String? = nil, of words: [String] = [], minLength: Int? = nil) -> JSON {
    var schema: JSONObject = ["type": "string", "description": .string(description)]
    if let pattern { schema["pattern"] = .string(pattern) }
    if !words.isEmpty { schema["enum"] = .array(words.map { .string($0) }) }
    if let minLength { schema["minLength"] = .number(JSONNumber(minLength)) }
    return .object(schema)
  }

  static func flag(_ description: String) -> JSON { ["type": "boolean", "description": .string(description)] }

  static func integer(_ description: String, minimum: Int? = nil) -> JSON {
    var schema: JSONObject = ["type": "integer", "description": .string(description)]
    if let minimum { schema["minimum"] = .number(JSONNumber(minimum)) }
    return .object(schema)
  }

  static func number(_ description: String, minimum: Int? = nil) -> JSON {
    var schema: JSONObject = ["type": "number", "description": .string(description)]
    if let minimum { schema["minimum"] = .number(JSONNumber(minimum)) }
    return .object(schema)
  }

  /// A whole number or text, such as `64` or `64Mi`.
  static func intOrText(_ description: String) -> JSON {
    ["x-kubernetes-int-or-string": true, "description": .string(description)]
  }

  static func time(_ description: String) -> JSON { ["type": "string", "format": "date-time", "description": .string(description)] }

  static func list(_ description: String, of items: JSON) -> JSON {
    ["type": "array", "description": .string(description), "items": items]
  }

  static func texts(_ description: String) -> JSON { list(description, of: ["type": "string"]) }

  /// A map of names to values of one form.
  static func dictionary(_ description: String, of values: JSON) -> JSON {
    ["type": "object", "description": .string(description), "additionalProperties": values]
  }

  /// A map with whatever keys its reader knows.
  static func anyMap(_ description: String) -> JSON {
    ["type": "object", "description": .string(description), "x-kubernetes-preserve-unknown-fields": true]
  }

  /// Any value.
  static func any(_ description: String) -> JSON {
    ["description": .string(description), "x-kubernetes-preserve-unknown-fields": true]
  }

  /// The list of conditions of a status.
  static let conditions = list(
    "What is known of the object, one condition a type.",
    of: map(
      "One condition.",
      [
        "type": text("What it is about, such as Ready."),
        "status": text("True, False or Unknown.", of: ["True", "False", "Unknown"]),
        "reason": text("Why, in one word."),
        "message": text("Why, in words for people."),
        "lastTransitionTime": time("When the status changed last."),
        "observedGeneration": integer("The generation that it was seen of."),
      ],
      required: ["type", "status"]
    )
  )
}
