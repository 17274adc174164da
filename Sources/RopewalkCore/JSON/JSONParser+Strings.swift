extension JSONParser {
  /// Parses a string whose opening quote the parser stands on.
  @inline(__always) mutating func parseString() throws(JSONSyntaxError) -> String {
    position += 1
    let start = position
    let isASCII = skipPlainBytes()
    guard position < bytes.count, bytes[position] == UInt8(ascii: "\"") else { return try parseEscapedString(from: start) }
    let content = slice(from: start)
    defer { position += 1 }
    return isASCII ? String(decoding: content, as: UTF8.self) : try decode(content)
  }

  /// Walks to the next quote, backslash or control character and says whether all on the way was ASCII.
  @inline(__always) private mutating func skipPlainBytes() -> Bool {
    var seen: UInt8 = 0
    while position < bytes.count {
      let byte = bytes[position]
      if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") || byte < 0x20 { break }
      seen |= byte
      position += 1
    }
    return seen < 0x80
  }

  private mutating func parseEscapedString(from start: Int) throws(JSONSyntaxError) -> String {
    var content = Array(slice(from: start))
    while true {
      guard let byte = peek else { throw error("the string is never closed") }
      switch byte {
      case UInt8(ascii: "\""):
        let text = try content.withUnsafeBufferPointer { (buffer) throws(JSONSyntaxError) in try decode(buffer) }
        position += 1
        return text
      case UInt8(ascii: "\\"):
        position += 1
        try parseEscape(into: &content)
      case 0..<0x20: throw error("a control character in a string must be escaped")
      default:
        let run = position
        _ = skipPlainBytes()
        content.append(contentsOf: slice(from: run))
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
    case UInt8(ascii: "u"): content.append(contentsOf: UTF8.encode(try parseUnicodeEscape()).unsafelyUnwrapped)
    default:
      position -= 1
      throw error("\(describe(byte)) cannot follow a backslash")
    }
  }

  private mutating func parseUnicodeEscape() throws(JSONSyntaxError) -> Unicode.Scalar {
    let first = try parseHexadecimal()
    var code = UInt32(first)
    if (0xD800..<0xDC00).contains(first), position + 1 < bytes.count, bytes[position] == UInt8(ascii: "\\"),
      bytes[position + 1] == UInt8(ascii: "u")
    {
      let restart = position
      position += 2
      let second = try parseHexadecimal()
      if (0xDC00..<0xE000).contains(second) {
        code = 0x10000 + (UInt32(first) - 0xD800) << 10 + (UInt32(second) - 0xDC00)
      } else {
        position = restart
      }
    }
    // A lone surrogate has no UTF-8 form; the replacement character stands for it.
    return Unicode.Scalar(code) ?? "\u{FFFD}"
  }

  private mutating func parseHexadecimal() throws(JSONSyntaxError) -> UInt16 {
    guard position + 4 <= bytes.count else { throw error("\\u needs four hexadecimal digits") }
    var value: UInt16 = 0
    for offset in 0..<4 {
      guard let digit = Character(Unicode.Scalar(bytes[position + offset])).hexDigitValue else {
        throw error("\\u needs four hexadecimal digits")
      }
      value = value << 4 | UInt16(digit)
    }
    position += 4
    return value
  }

  private func decode(_ content: UnsafeBufferPointer<UInt8>) throws(JSONSyntaxError) -> String {
    guard let text = String(validating: content, as: UTF8.self) else { throw error("the string is not valid UTF-8") }
    return text
  }
}
