import RopewalkCore

/// What a YAML scalar means in the core schema of YAML 1.2: `yes`, `NO` and dates are strings.
enum YAMLScalar {
  private static let prefix = "tag:yaml.org,2002:"

  static func resolve(_ scalar: YAMLEvents.Scalar, at events: YAMLEvents) throws(FunctionError) -> JSON {
    let tag = events.tag
    if tag.isEmpty { return scalar.isQuoted ? .string(scalar.text) : try plain(scalar.text, at: events) }
    let value = try plain(scalar.text, at: events)
    switch (tag, value) {
    case ("!", _), (prefix + "str", _): return .string(scalar.text)
    case (prefix + "null", .null), (prefix + "bool", .bool), (prefix + "float", .number): return value
    case (prefix + "int", .number(let number)) where number.int != nil: return value
    case (prefix + "null", _), (prefix + "bool", _), (prefix + "float", _), (prefix + "int", _):
      throw events.error("the value does not fit its tag")
    default: throw events.error("the tag '\(tag.prefix(64))' has no JSON form")
    }
  }

  private static func plain(_ text: String, at events: YAMLEvents) throws(FunctionError) -> JSON {
    switch text {
    case "", "~", "null", "Null", "NULL": return .null
    case "true", "True", "TRUE": return .bool(true)
    case "false", "False", "FALSE": return .bool(false)
    case ".nan", ".NaN", ".NAN", ".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF", "-.inf", "-.Inf", "-.INF":
      throw events.error("\(text) has no JSON form; quote it to make it a string")
    default:
      guard let literal = YAMLNumber.literal(of: text) else { return .string(text) }
      return .number(JSONNumber(literal: literal))
    }
  }
}
