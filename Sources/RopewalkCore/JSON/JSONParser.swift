/// Recursive descent over bytes that stay in place. Every read is guarded by `position < bytes.count`.
struct JSONParser {
  let bytes: UnsafeBufferPointer<UInt8>
  var position = 0
  private var depth = 0

  init(bytes: UnsafeBufferPointer<UInt8>) {
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
    case UInt8(ascii: "\""): return .string(try parseString())
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return .number(try parseNumber())
    case UInt8(ascii: "{"): return try parseObject()
    case UInt8(ascii: "["): return try parseArray()
    case UInt8(ascii: "t"): return try parseLiteral("true", .bool(true))
    case UInt8(ascii: "f"): return try parseLiteral("false", .bool(false))
    case UInt8(ascii: "n"): return try parseLiteral("null", .null)
    default: throw error("a value cannot start with \(describe(byte))")
    }
  }

  private mutating func parseObject() throws(JSONSyntaxError) -> JSON {
    try enter()
    defer { depth -= 1 }
    skipWhitespace()
    if take(UInt8(ascii: "}")) { return .object(JSONObject()) }
    var object = JSONObjectBuilder()
    while true {
      guard peek == UInt8(ascii: "\"") else { throw error("an object's key must be a string in double quotes") }
      let key = try parseString()
      skipWhitespace()
      guard take(UInt8(ascii: ":")) else { throw error("expected ':' after the key") }
      skipWhitespace()
      object.set(key, to: try parseValue())
      skipWhitespace()
      if take(UInt8(ascii: "}")) { return .object(object.finish()) }
      guard take(UInt8(ascii: ",")) else { throw error("expected ',' or '}'") }
      skipWhitespace()
    }
  }

  private mutating func parseArray() throws(JSONSyntaxError) -> JSON {
    try enter()
    defer { depth -= 1 }
    skipWhitespace()
    if take(UInt8(ascii: "]")) { return .array([]) }
    var elements: [JSON] = []
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
    guard depth <= JSON.maxNesting else { throw error("nested deeper than \(JSON.maxNesting) levels", isLimit: true) }
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
    return JSONNumber(literal: String(decoding: slice(from: start), as: UTF8.self))
  }

  private mutating func takeDigits(_ otherwise: StaticString) throws(JSONSyntaxError) {
    guard let byte = peek, isDigit(byte) else { throw error("\(otherwise)") }
    while let byte = peek, isDigit(byte) { position += 1 }
  }

  private mutating func parseLiteral(_ word: StaticString, _ value: JSON) throws(JSONSyntaxError) -> JSON {
    let matches = word.withUTF8Buffer { expected in
      position + expected.count <= bytes.count
        && UnsafeBufferPointer(rebasing: bytes[position..<position + expected.count]).elementsEqual(expected)
    }
    guard matches else { throw error("expected '\(word)'") }
    position += word.utf8CodeUnitCount
    return value
  }

  @inline(__always) var peek: UInt8? { position < bytes.count ? bytes[position] : nil }

  @inline(__always) mutating func take(_ byte: UInt8) -> Bool {
    guard peek == byte else { return false }
    position += 1
    return true
  }

  @inline(__always) private mutating func skipWhitespace() {
    while let byte = peek, byte <= 0x20, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { position += 1 }
  }

  @inline(__always) private func isDigit(_ byte: UInt8) -> Bool { byte &- UInt8(ascii: "0") < 10 }

  /// The bytes from `start` to where the parser stands.
  @inline(__always) func slice(from start: Int) -> UnsafeBufferPointer<UInt8> {
    UnsafeBufferPointer(rebasing: bytes[start..<position])
  }

  func describe(_ byte: UInt8) -> String {
    0x21...0x7E ~= byte ? "'\(Character(Unicode.Scalar(byte)))'" : "byte 0x" + String(byte, radix: 16)
  }

  func error(_ message: String, isLimit: Bool = false) -> JSONSyntaxError {
    let before = bytes[..<min(position, bytes.count)]
    let line = before.count { $0 == 0x0A } + 1
    let lineStart = before.lastIndex(of: 0x0A).map { $0 + 1 } ?? 0
    let column = before[lineStart...].count { $0 & 0xC0 != 0x80 } + 1
    return JSONSyntaxError(message: message, line: line, column: column, isLimit: isLimit)
  }
}
