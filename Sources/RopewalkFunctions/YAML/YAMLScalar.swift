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
      guard let first = text.utf8.first, 0x2B...0x39 ~= first, let literal = numberLiteral(text) else { return .string(text) }
      return .number(JSONNumber(literal: literal))
    }
  }

  /// The number in JSON's grammar; nil when the text is none. Decimal digits are kept as written.
  private static func numberLiteral(_ text: String) -> String? {
    if text.hasPrefix("0x") { return UInt64(text.dropFirst(2), radix: 16).map { String($0) } }
    if text.hasPrefix("0o") { return UInt64(text.dropFirst(2), radix: 8).map { String($0) } }
    var rest = text.utf8[...]
    let isNegative = rest.first == UInt8(ascii: "-")
    if isNegative || rest.first == UInt8(ascii: "+") { rest = rest.dropFirst() }
    let whole = takeDigits(&rest)
    var fraction = ""
    let hasPoint = rest.first == UInt8(ascii: ".")
    if hasPoint {
      rest = rest.dropFirst()
      fraction = takeDigits(&rest)
    }
    guard !whole.isEmpty || !fraction.isEmpty, let exponent = takeExponent(&rest), rest.isEmpty else { return nil }
    let significant = whole.drop { $0 == "0" }
    return (isNegative ? "-" : "") + (significant.isEmpty ? "0" : significant) + (fraction.isEmpty ? "" : "." + fraction) + exponent
  }

  private static func takeExponent(_ rest: inout Substring.UTF8View) -> String? {
    guard let mark = rest.first, mark | 0x20 == UInt8(ascii: "e") else { return "" }
    rest = rest.dropFirst()
    var sign = ""
    if let byte = rest.first, byte == UInt8(ascii: "-") || byte == UInt8(ascii: "+") {
      sign = byte == UInt8(ascii: "-") ? "-" : ""
      rest = rest.dropFirst()
    }
    let digits = takeDigits(&rest)
    return digits.isEmpty ? nil : "e" + sign + digits
  }

  private static func takeDigits(_ rest: inout Substring.UTF8View) -> String {
    let digits = rest.prefix { 0x30...0x39 ~= $0 }
    rest = rest[digits.endIndex...]
    return String(Substring(digits))
  }
}
