extension JSON {
  /// Reads RFC 8259 text; nil where it is none.
  init?(parsing bytes: [UInt8]) {
    var parser = JSONParser(bytes: bytes)
    guard let value = parser.value(level: 0) else { return nil }
    parser.skipBlanks()
    guard parser.at == bytes.count else { return nil }
    self = value
  }
}

private struct JSONParser {
  /// How deep arrays and objects may be nested.
  private static let mostLevels = 256

  let bytes: [UInt8]
  var at = 0

  init(bytes: [UInt8]) {
    self.bytes = bytes
  }

  private var byte: UInt8 { at < bytes.count ? bytes[at] : 0 }

  mutating func skipBlanks() {
    while byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { at += 1 }
  }

  mutating func value(level: Int) -> JSON? {
    guard level <= Self.mostLevels else { return nil }
    skipBlanks()
    switch byte {
    case UInt8(ascii: "{"): return members(level: level)
    case UInt8(ascii: "["): return elements(level: level)
    case UInt8(ascii: "\""): return string().map { .string($0) }
    case UInt8(ascii: "t"): return word("true", .bool(true))
    case UInt8(ascii: "f"): return word("false", .bool(false))
    case UInt8(ascii: "n"): return word("null", .null)
    default: return number()
    }
  }

  private mutating func word(_ word: StaticString, _ value: JSON) -> JSON? {
    for index in 0..<word.utf8CodeUnitCount {
      guard byte == word.utf8Start[index] else { return nil }
      at += 1
    }
    return value
  }

  private mutating func number() -> JSON? {
    let start = at
    while true {
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "+"), UInt8(ascii: "."), UInt8(ascii: "e"),
        UInt8(ascii: "E"):
        at += 1
      default:
        let text = String(decoding: bytes[start..<at], as: UTF8.self)
        return Double(text) == nil ? nil : .number(text)
      }
    }
  }

  private mutating func members(level: Int) -> JSON? {
    var members: [(key: String, value: JSON)] = []
    at += 1
    skipBlanks()
    if take(UInt8(ascii: "}")) { return .object(members) }
    while true {
      skipBlanks()
      guard let key = string() else { return nil }
      skipBlanks()
      guard take(UInt8(ascii: ":")), let value = value(level: level + 1) else { return nil }
      members.append((key, value))
      skipBlanks()
      if take(UInt8(ascii: "}")) { return .object(members) }
      guard take(UInt8(ascii: ",")) else { return nil }
    }
  }

  private mutating func elements(level: Int) -> JSON? {
    var items: [JSON] = []
    at += 1
    skipBlanks()
    if take(UInt8(ascii: "]")) { return .array(items) }
    while true {
      guard let value = value(level: level + 1) else { return nil }
      items.append(value)
      skipBlanks()
      if take(UInt8(ascii: "]")) { return .array(items) }
      guard take(UInt8(ascii: ",")) else { return nil }
    }
  }

  private mutating func take(_ wanted: UInt8) -> Bool {
    guard byte == wanted else { return false }
    at += 1
    return true
  }

  private mutating func string() -> String? {
    guard take(UInt8(ascii: "\"")) else { return nil }
    var text: [UInt8] = []
    while at < bytes.count {
      let byte = byte
      at += 1
      switch byte {
      case UInt8(ascii: "\""): return String(decoding: text, as: UTF8.self)
      case UInt8(ascii: "\\"):
        guard let scalar = escape() else { return nil }
        text += String(Character(scalar)).utf8
      default: text.append(byte)
      }
    }
    return nil
  }

  /// The character of an escape whose backslash was read.
  private mutating func escape() -> Unicode.Scalar? {
    let kind = byte
    at += 1
    switch kind {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(kind)
    case UInt8(ascii: "b"): return "\u{8}"
    case UInt8(ascii: "f"): return "\u{c}"
    case UInt8(ascii: "n"): return "\n"
    case UInt8(ascii: "r"): return "\r"
    case UInt8(ascii: "t"): return "\t"
    case UInt8(ascii: "u"):
      guard let high = hexadecimal() else { return nil }
      guard (0xD800..<0xDC00).contains(high) else { return Unicode.Scalar(high) ?? "\u{FFFD}" }
      guard take(UInt8(ascii: "\\")), take(UInt8(ascii: "u")), let low = hexadecimal() else { return nil }
      return Unicode.Scalar(0x10000 + ((high - 0xD800) << 10) + ((low &- 0xDC00) & 0x3FF)) ?? "\u{FFFD}"
    default: return nil
    }
  }

  private mutating func hexadecimal() -> UInt32? {
    var value: UInt32 = 0
    for _ in 0..<4 {
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9"): value = value << 4 | UInt32(byte - UInt8(ascii: "0"))
      case UInt8(ascii: "a")...UInt8(ascii: "f"): value = value << 4 | UInt32(byte - UInt8(ascii: "a") + 10)
      case UInt8(ascii: "A")...UInt8(ascii: "F"): value = value << 4 | UInt32(byte - UInt8(ascii: "A") + 10)
      default: return nil
      }
      at += 1
    }
    return value
  }
}
