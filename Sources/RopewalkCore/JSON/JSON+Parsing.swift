/// Why a text is not JSON, and where.
public struct JSONSyntaxError: Error, Sendable, Hashable, CustomStringConvertible {
  public var message: String
  /// Line and column of the first byte that cannot be right, both from 1.
  public var line: Int
  public var column: Int

  public var description: String { "not valid JSON at line \(line), column \(column): \(message)" }
}

extension JSON {
  /// Limits of the parser. Nesting is bounded because the parser recurses.
  public static let maxNesting = 512

  /// Parses RFC 8259 text, strictly: valid UTF-8, no comments, no trailing commas, nothing after the value.
  ///
  /// Where a key is written twice in one object, the last value counts.
  /// - Throws: ``JSONSyntaxError`` with line and column.
  public static func parse(_ bytes: [UInt8]) throws(JSONSyntaxError) -> JSON {
    var parser = JSONParser(bytes: bytes)
    return try parser.parseDocument()
  }

  public static func parse(_ text: String) throws(JSONSyntaxError) -> JSON {
    try parse(Array(text.utf8))
  }
}

private struct JSONParser {
  let bytes: [UInt8]
  var position = 0
  var depth = 0

  init(bytes: [UInt8]) {
    self.bytes = bytes
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { position = 3 }
  }

  mutating func parseDocument() throws(JSONSyntaxError) -> JSON {
    skipWhitespace()
    let value = try parseValue()
    skipWhitespace()
    guard position == bytes.count else { throw error("unexpected text after the value") }
    return value
  }

  private mutating func parseValue() throws(JSONSyntaxError) -> JSON {
    guard let byte = peek else { throw error("the text ends where a value should be") }
    switch byte {
    case UInt8(ascii: "{"): return try parseObject()
    case UInt8(ascii: "["): return try parseArray()
    case UInt8(ascii: "\""): return .string(try parseString())
    case UInt8(ascii: "t"): return try parseLiteral("true", .bool(true))
    case UInt8(ascii: "f"): return try parseLiteral("false", .bool(false))
    case UInt8(ascii: "n"): return try parseLiteral("null", .null)
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return .number(try parseNumber())
    default: throw error("a value cannot start with \(describe(byte))")
    }
  }

  private mutating func parseObject() throws(JSONSyntaxError) -> JSON {
    try enter()
    defer { depth -= 1 }
    var members: [JSONObject.Member] = []
    var seen: Set<String> = []
    skipWhitespace()
    if take(UInt8(ascii: "}")) { return .object(JSONObject()) }
    while true {
      guard peek == UInt8(ascii: "\"") else { throw error("an object's key must be a string in double quotes") }
      let key = try parseString()
      skipWhitespace()
      guard take(UInt8(ascii: ":")) else { throw error("expected ':' after the key") }
      skipWhitespace()
      let value = try parseValue()
      if seen.insert(key).inserted {
        members.append(JSONObject.Member(key: key, value: value))
      } else if let index = members.firstIndex(where: { $0.key == key }) {
        members[index].value = value
      }
      skipWhitespace()
      if take(UInt8(ascii: "}")) { return .object(JSONObject(members)) }
      guard take(UInt8(ascii: ",")) else { throw error("expected ',' or '}'") }
      skipWhitespace()
    }
  }

  private mutating func parseArray() throws(JSONSyntaxError) -> JSON {
    try enter()
    defer { depth -= 1 }
    var elements: [JSON] = []
    skipWhitespace()
    if take(UInt8(ascii: "]")) { return .array([]) }
    while true {
      elements.append(try parseValue())
      skipWhitespace()
      if take(UInt8(ascii: "]")) { return .array(elements) }
      guard take(UInt8(ascii: ",")) else { throw error("expected ',' or ']'") }
      skipWhitespace()
    }
  }

  private mutating func enter() throws(JSONSyntaxError) {
    position += 1
    depth += 1
    guard depth <= JSON.maxNesting else { throw error("nested deeper than \(JSON.maxNesting) levels") }
  }

  private mutating func parseString() throws(JSONSyntaxError) -> String {
    position += 1
    let start = position
    while let byte = peek, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\"), byte >= 0x20 { position += 1 }
    if peek == UInt8(ascii: "\"") {
      let text = try decode(bytes[start..<position])
      position += 1
      return text
    }
    var content = Array(bytes[start..<position])
    while true {
      guard let byte = peek else { throw error("the string is never closed") }
      position += 1
      switch byte {
      case UInt8(ascii: "\""): return try decode(content[...])
      case UInt8(ascii: "\\"): try parseEscape(into: &content)
      case 0..<0x20:
        position -= 1
        throw error("a control character in a string must be escaped")
      default: content.append(byte)
      }
    }
  }

  private mutating func parseEscape(into content: inout [UInt8]) throws(JSONSyntaxError) {
    guard let byte = peek else { throw error("the string is never closed") }
    position += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): content.append(byte)
    case UInt8(ascii: "b"): content.append(0x08)
    case UInt8(ascii: "f"): content.append(0x0C)
    case UInt8(ascii: "n"): content.append(0x0A)
    case UInt8(ascii: "r"): content.append(0x0D)
    case UInt8(ascii: "t"): content.append(0x09)
    case UInt8(ascii: "u"):
      let first = try parseHexadecimal()
      var scalar = UInt32(first)
      if (0xD800..<0xDC00).contains(first), position + 1 < bytes.count, bytes[position] == UInt8(ascii: "\\"),
        bytes[position + 1] == UInt8(ascii: "u")
      {
        let restart = position
        position += 2
        let second = try parseHexadecimal()
        if (0xDC00..<0xE000).contains(second) {
          scalar = 0x10000 + (UInt32(first) - 0xD800) << 10 + (UInt32(second) - 0xDC00)
        } else {
          position = restart
        }
      }
      // A lone surrogate has no UTF-8 form; the replacement character stands for it.
      content.append(contentsOf: String(Unicode.Scalar(scalar) ?? "\u{FFFD}").utf8)
    default:
      position -= 1
      throw error("\(describe(byte)) cannot follow a backslash")
    }
  }

  private mutating func parseHexadecimal() throws(JSONSyntaxError) -> UInt16 {
    guard position + 4 <= bytes.count,
      bytes[position..<position + 4].allSatisfy({
        UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 || UInt8(ascii: "a")...UInt8(ascii: "f") ~= $0 | 0x20
      }),
      let value = UInt16(String(decoding: bytes[position..<position + 4], as: UTF8.self), radix: 16)
    else { throw error("\\u needs four hexadecimal digits") }
    position += 4
    return value
  }

  private mutating func parseNumber() throws(JSONSyntaxError) -> JSONNumber {
    let start = position
    _ = take(UInt8(ascii: "-"))
    if take(UInt8(ascii: "0")) {
      if let byte = peek, isDigit(byte) { throw error("a number cannot start with 0 and another digit") }
    } else {
      try takeDigits("a number needs a digit here")
    }
    if take(UInt8(ascii: ".")) { try takeDigits("a digit must follow the decimal point") }
    if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
      if !take(UInt8(ascii: "+")) { _ = take(UInt8(ascii: "-")) }
      try takeDigits("an exponent needs a digit")
    }
    return JSONNumber(literal: String(decoding: bytes[start..<position], as: UTF8.self))
  }

  private mutating func takeDigits(_ otherwise: String) throws(JSONSyntaxError) {
    guard let byte = peek, isDigit(byte) else { throw error(otherwise) }
    while let byte = peek, isDigit(byte) { position += 1 }
  }

  private mutating func parseLiteral(_ word: StaticString, _ value: JSON) throws(JSONSyntaxError) -> JSON {
    let matches = word.withUTF8Buffer { expected in
      position + expected.count <= bytes.count && bytes[position..<position + expected.count].elementsEqual(expected)
    }
    guard matches else { throw error("expected '\(word)'") }
    position += word.utf8CodeUnitCount
    return value
  }

  private func decode(_ slice: ArraySlice<UInt8>) throws(JSONSyntaxError) -> String {
    guard let text = String(validating: slice, as: UTF8.self) else { throw error("the string is not valid UTF-8") }
    return text
  }

  private var peek: UInt8? { position < bytes.count ? bytes[position] : nil }

  private mutating func take(_ byte: UInt8) -> Bool {
    guard peek == byte else { return false }
    position += 1
    return true
  }

  private mutating func skipWhitespace() {
    while let byte = peek, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { position += 1 }
  }

  private func isDigit(_ byte: UInt8) -> Bool { UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte }

  private func describe(_ byte: UInt8) -> String {
    0x21...0x7E ~= byte ? "'\(Character(Unicode.Scalar(byte)))'" : "byte 0x" + String(byte, radix: 16)
  }

  private func error(_ message: String) -> JSONSyntaxError {
    let before = bytes[..<min(position, bytes.count)]
    let line = before.count { $0 == 0x0A } + 1
    let lineStart = before.lastIndex(of: 0x0A).map { $0 + 1 } ?? 0
    let column = before[lineStart...].count { $0 & 0xC0 != 0x80 } + 1
    return JSONSyntaxError(message: message, line: line, column: column)
  }
}
