import RopewalkCore

extension XMLReader {
  mutating func skipProlog() throws(XMLSyntaxError) {
    if starts(with: "<?xml"), position + 5 < bytes.count, Self.isSpace(bytes[position + 5]) {
      guard let end = find("?>", from: position) else { throw error("the XML declaration is never closed") }
      position = end + 2
    }
    while position < bytes.count {
      skipSpace()
      if starts(with: "<!--") {
        try skipComment()
      } else if starts(with: "<?") {
        try skipInstruction()
      } else if starts(with: "<!DOCTYPE") {
        try skipDocumentType()
      } else {
        return
      }
    }
  }

  /// Passes over `<!DOCTYPE name SYSTEM "…">`, which is never fetched, and refuses declarations in brackets.
  private mutating func skipDocumentType() throws(XMLSyntaxError) {
    let start = position
    while position < bytes.count {
      switch bytes[position] {
      case UInt8(ascii: ">"):
        position += 1
        return
      case UInt8(ascii: "["):
        throw error("a DOCTYPE with declarations is refused: entities are never expanded; remove it", at: start)
      case let quote where quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "'"):
        guard let end = bytes[(position + 1)...].firstIndex(of: quote) else { throw error("the DOCTYPE is never closed") }
        position = end + 1
      default: position += 1
      }
    }
    throw error("the DOCTYPE is never closed", at: start)
  }

  mutating func skipComment() throws(XMLSyntaxError) {
    guard let end = find("--", from: position + 4) else { throw error("the comment is never closed") }
    guard end + 2 < bytes.count, bytes[end + 2] == UInt8(ascii: ">") else { throw error("'--' cannot stand in a comment", at: end) }
    position = end + 3
  }

  mutating func skipInstruction() throws(XMLSyntaxError) {
    let start = position
    position += 2
    let target = string(try readName())
    guard !target.equalsIgnoringASCIICase("xml") else {
      throw error("the XML declaration can only stand at the very start", at: start)
    }
    guard let end = find("?>", from: position) else { throw error("the processing instruction is never closed", at: start) }
    position = end + 2
  }

  mutating func readName() throws(XMLSyntaxError) -> Range<Int> {
    let start = position
    var seen: UInt8 = 0
    while position < bytes.count, Self.isNameByte(bytes[position]) {
      seen |= bytes[position]
      position += 1
    }
    guard position > start else { throw error("a name should stand here") }
    let range = start..<position
    if seen < 0x80, Self.startsName(bytes[start]) { return range }
    guard Self.isName(UnsafeBufferPointer(rebasing: bytes[range])) else { throw error("'\(name(range))' is not a name", at: start) }
    return range
  }

  /// Whether a byte can be part of a name; all beyond ASCII are looked at by ``isName(_:)``.
  @inline(__always) private static func isNameByte(_ byte: UInt8) -> Bool {
    (byte | 0x20) &- 0x61 < 26 || byte >= 0x80 || byte &- 0x30 < 11 || byte == 0x5F || byte &- 0x2D < 2
  }

  /// Whether an ASCII byte that can be part of a name can be its first.
  @inline(__always) private static func startsName(_ byte: UInt8) -> Bool { byte &- 0x30 >= 10 && byte &- 0x2D >= 2 }

  /// XML's production `Name`.
  static func isName(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
    guard let first = bytes.first else { return false }
    if first < 0x80, !startsName(first) { return false }
    var isASCII = true
    for byte in bytes {
      if byte >= 0x80 { isASCII = false } else if !isNameByte(byte) { return false }
    }
    if isASCII { return true }
    let scalars = String(decoding: bytes, as: UTF8.self).unicodeScalars
    return scalars.enumerated().allSatisfy { index, scalar in scalar.isASCII || isNameScalar(scalar.value, first: index == 0) }
  }

  private static func isNameScalar(_ code: UInt32, first: Bool) -> Bool {
    switch code {
    case 0xC0...0xD6, 0xD8...0xF6, 0xF8...0x2FF, 0x370...0x37D, 0x37F...0x1FFF, 0x200C...0x200D, 0x2070...0x218F, 0x2C00...0x2FEF,
      0x3001...0xD7FF, 0xF900...0xFDCF, 0xFDF0...0xFFFD, 0x10000...0xEFFFF:
      true
    case 0xB7, 0x300...0x36F, 0x203F...0x2040: !first
    default: false
    }
  }

  /// Refuses control characters and what is not UTF-8, so that nothing after this has to look.
  func checkCharacters() throws(XMLSyntaxError) {
    var beyondASCII = false
    for index in bytes.indices {
      let byte = bytes[index]
      guard byte &- 0x20 >= 0x60 else { continue }
      if byte < 0x20, byte != 0x0A, byte != 0x0D, byte != 0x09 {
        throw error("byte 0x\(String(byte, radix: 16)) is not a character that XML allows", at: index)
      }
      if byte >= 0x80 {
        beyondASCII = true
        if byte == 0xEF, index + 2 < bytes.count, bytes[index + 1] == 0xBF, bytes[index + 2] >= 0xBE {
          throw error("U+FFFE and U+FFFF are not characters that XML allows", at: index)
        }
      }
    }
    guard beyondASCII, String(validating: bytes, as: UTF8.self) == nil else { return }
    throw error("the text is not valid UTF-8", at: Self.firstInvalid(bytes))
  }

  private static func firstInvalid(_ bytes: UnsafeBufferPointer<UInt8>) -> Int {
    var decoder = UTF8()
    var iterator = bytes.makeIterator()
    var position = 0
    while case .scalarValue(let scalar) = decoder.decode(&iterator) { position += UTF8.width(scalar) }
    return min(position, bytes.count)
  }

  @discardableResult mutating func skipSpace() -> Bool {
    let start = position
    while position < bytes.count, Self.isSpace(bytes[position]) { position += 1 }
    return position > start
  }

  mutating func take(_ byte: UInt8) -> Bool {
    guard position < bytes.count, bytes[position] == byte else { return false }
    position += 1
    return true
  }

  func starts(with text: StaticString) -> Bool {
    let count = text.utf8CodeUnitCount
    guard position + count <= bytes.count else { return false }
    for offset in 0..<count where bytes[position + offset] != text.utf8Start[offset] { return false }
    return true
  }

  func find(_ text: StaticString, from start: Int) -> Int? {
    let count = text.utf8CodeUnitCount
    var index = start
    search: while index + count <= bytes.count {
      for offset in 0..<count where bytes[index + offset] != text.utf8Start[offset] {
        index += 1
        continue search
      }
      return index
    }
    return nil
  }

  @inline(__always) static func isSpace(_ byte: UInt8) -> Bool {
    byte == 0x20 || byte == 0x0A || byte == 0x09 || byte == 0x0D
  }

  func string(_ range: Range<Int>) -> String {
    String(decoding: UnsafeBufferPointer(rebasing: bytes[range]), as: UTF8.self)
  }

  /// A name for a message, cut where it is long.
  func name(_ range: Range<Int>) -> String { string(range.prefix(64)) }

  func error(_ message: String, at place: Int? = nil, isLimit: Bool = false) -> XMLSyntaxError {
    let before = bytes[..<min(place ?? position, bytes.count)]
    let line = before.count { $0 == 0x0A } + 1
    let lineStart = before.lastIndex(of: 0x0A).map { $0 + 1 } ?? 0
    let column = before[lineStart...].count { $0 & 0xC0 != 0x80 } + 1
    return XMLSyntaxError(message: message, line: line, column: column, isLimit: isLimit)
  }
}
