/// Looks into JSON (RFC 8259) without building anything of it.
///
/// What scans takes a place in the text and answers the place behind what it scanned.
struct JSONSearch: ~Escapable {
  /// The text is not JSON, or nested deeper than ``mostLevels``.
  struct Malformed: Error {}

  /// How deep values may lie in one another.
  static let mostLevels = 512

  /// Reads the whole text and finds the number that is a member of the outermost object, of several the last.
  /// - Parameter key: ASCII without control characters.
  static func number(of key: StaticString, in json: Span<UInt8>) throws(Malformed) -> Double? {
    var search = JSONSearch(json, key: key)
    let end = try search.scanValue(search.skipBlanks(0), level: 0)
    guard search.skipBlanks(end) == json.count else { throw Malformed() }
    return search.number
  }

  private let json: Span<UInt8>
  private let key: StaticString
  private var number: Double?

  @_lifetime(copy json)
  private init(_ json: Span<UInt8>, key: StaticString) {
    self.json = json
    self.key = key
  }

  /// The byte at a place, which is never negative; zero at the end, which is valid nowhere.
  @inline(__always)
  private func byte(_ at: Int) -> UInt8 { at < json.count ? json[unchecked: at] : 0 }

  @inline(__always)
  private func skipBlanks(_ start: Int) -> Int {
    var at = start
    while byte(at).isBlank { at += 1 }
    return at
  }

  /// Only what holds other values is worth a call.
  @inline(__always)
  @_lifetime(self: copy self)
  private mutating func scanValue(_ at: Int, level: Int) throws(Malformed) -> Int {
    switch byte(at) {
    case .openBrace: try scanObject(at, level: level)
    case .openBracket: try scanArray(at, level: level)
    case .quote: try scanString(at)
    case UInt8(ascii: "t"): try scanWord(at, "true")
    case UInt8(ascii: "f"): try scanWord(at, "false")
    case UInt8(ascii: "n"): try scanWord(at, "null")
    default: try scanNumber(at)
    }
  }

  @inline(never)
  @_lifetime(self: copy self)
  private mutating func scanObject(_ start: Int, level: Int) throws(Malformed) -> Int {
    guard level < Self.mostLevels else { throw Malformed() }
    var at = skipBlanks(start + 1)
    if byte(at) == .closeBrace { return at + 1 }
    while true {
      at = skipBlanks(try scanMember(at, level: level))
      switch byte(at) {
      case .closeBrace: return at + 1
      case .comma: at = skipBlanks(at + 1)
      default: throw Malformed()
      }
    }
  }

  @inline(never)
  @_lifetime(self: copy self)
  private mutating func scanArray(_ start: Int, level: Int) throws(Malformed) -> Int {
    guard level < Self.mostLevels else { throw Malformed() }
    var at = skipBlanks(start + 1)
    if byte(at) == .closeBracket { return at + 1 }
    while true {
      at = skipBlanks(try scanValue(at, level: level + 1))
      switch byte(at) {
      case .closeBracket: return at + 1
      case .comma: at = skipBlanks(at + 1)
      default: throw Malformed()
      }
    }
  }

  @inline(__always)
  @_lifetime(self: copy self)
  private mutating func scanMember(_ name: Int, level: Int) throws(Malformed) -> Int {
    guard byte(name) == .quote else { throw Malformed() }
    let nameEnd = try scanString(name)
    let isWanted = level == 0 && spellsKey(name + 1, nameEnd - 1)
    let colon = skipBlanks(nameEnd)
    guard byte(colon) == .colon else { throw Malformed() }
    let value = skipBlanks(colon + 1)
    let end = try scanValue(value, level: level + 1)
    if isWanted { number = numberValue(value, end) }
    return end
  }

  /// `quote` is the place of the opening quote.
  @inline(__always)
  private func scanString(_ quote: Int) throws(Malformed) -> Int {
    var at = quote + 1
    while true {
      at = skipPlain(at)
      switch byte(at) {
      case .quote: return at + 1
      case .backslash: at = try scanEscape(at + 1)
      default: throw Malformed()
      }
    }
  }

  /// The place of the next quote, backslash or control character; eight bytes at a time, as strings are most of a text.
  @inline(__always)
  private func skipPlain(_ start: Int) -> Int {
    var at = start
    let bytes = json.bytes
    while at + 8 <= bytes.byteCount {
      let marks = UInt64(littleEndian: bytes.unsafeLoadUnaligned(fromByteOffset: at, as: UInt64.self)).stringMarks
      if marks != 0 { return at + marks.trailingZeroBitCount / 8 }
      at += 8
    }
    while byte(at) >= 0x20 && byte(at) != .quote && byte(at) != .backslash { at += 1 }
    return at
  }

  /// `at` is behind the backslash.
  private func scanEscape(_ at: Int) throws(Malformed) -> Int {
    switch byte(at) {
    case .quote, .backslash, .slash: return at + 1
    case UInt8(ascii: "b"), UInt8(ascii: "f"), UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"): return at + 1
    case UInt8(ascii: "u"):
      for digit in 1...4 where byte(at + digit).hexadecimalValue == nil { throw Malformed() }
      return at + 5
    default: throw Malformed()
    }
  }

  private func scanWord(_ at: Int, _ word: StaticString) throws(Malformed) -> Int {
    for index in 0..<word.utf8CodeUnitCount where byte(at + index) != word.utf8Start[index] { throw Malformed() }
    return at + word.utf8CodeUnitCount
  }

  @inline(__always)
  private func scanNumber(_ start: Int) throws(Malformed) -> Int {
    var at = byte(start) == .minus ? start + 1 : start
    at = byte(at) == .zero ? at + 1 : try scanDigits(at)
    if byte(at) == .dot { at = try scanDigits(at + 1) }
    guard byte(at) | 0x20 == UInt8(ascii: "e") else { return at }
    at += 1
    return try scanDigits(byte(at) == .plus || byte(at) == .minus ? at + 1 : at)
  }

  @inline(__always)
  private func scanDigits(_ start: Int) throws(Malformed) -> Int {
    var at = start
    while byte(at).isDigit { at += 1 }
    guard at > start else { throw Malformed() }
    return at
  }

  /// The number that a value is; nil for one of another kind.
  private func numberValue(_ start: Int, _ end: Int) -> Double? {
    guard json[start] == .minus || json[start].isDigit else { return nil }
    return json.extracting(start..<end).withUnsafeBufferPointer { Double(String(decoding: $0, as: UTF8.self)) }
  }

  /// Whether the inside of a string is the key.
  private func spellsKey(_ start: Int, _ end: Int) -> Bool {
    var at = start
    for index in 0..<key.utf8CodeUnitCount {
      guard at < end else { return false }
      var character = json[at]
      at += 1
      if character == .backslash { character = unescapedByte(&at) }
      guard character == key.utf8Start[index] else { return false }
    }
    return at == end
  }

  /// The byte of an escape whose backslash was read; zero for those that no key has.
  private func unescapedByte(_ at: inout Int) -> UInt8 {
    let kind = json[at]
    at += 1
    guard kind == UInt8(ascii: "u") else { return kind == .quote || kind == .backslash || kind == .slash ? kind : 0 }
    var code = 0
    for index in at..<at + 4 { code = code << 4 | (json[index].hexadecimalValue ?? 0) }
    at += 4
    return UInt8(exactly: code) ?? 0
  }
}
