import RopewalkCore

/// Why a value cannot be used. Never quotes the value: it may have come from a secret.
struct SettingMistake: Error {
  var message: String
  var remedy: String = ""
}

extension JSON {
  /// Whether quotes would make a string of it.
  fileprivate var isScalar: Bool {
    switch self {
    case .array, .object: false
    default: true
    }
  }
}

/// How one kind of setting is written, read and described.
struct SettingKind<Value> {
  /// The JSON Schema of the value, without description and default.
  var schema: JSONObject
  var parse: (JSON) throws(SettingMistake) -> Value
  var encode: (Value) -> JSON
}

extension SettingKind {
  /// A string that `parse` turns into a value, or explains.
  static func text(
    _ schema: JSONObject = ["type": "string"],
    encode: @escaping (Value) -> JSON,
    parse: @escaping (String) throws(SettingMistake) -> Value
  ) -> SettingKind {
    SettingKind(
      schema: schema,
      parse: { (json) throws(SettingMistake) in
        guard let text = json.string else {
          let remedy = json.isScalar ? "put it in quotes" : "write a single one"
          throw SettingMistake(message: "must be a string, not \(json.typeName)", remedy: remedy)
        }
        return try parse(text)
      },
      encode: encode
    )
  }
}
