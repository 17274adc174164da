/// Looks into JSON (RFC 8259) without building anything of it.
struct JSONScanner: ~Escapable {
  /// The text is not JSON, or nested deeper than ``mostLevels``.
  struct Malformed: Error {}

  /// How deep values may lie in one another.
  static let mostLevels = 512

  /// Reads the whole text and finds the number that is a member of the outermost object, of several the last.
  /// - Parameter key: ASCII without control characters.
  static func number(of key: StaticString, in json: Span<UInt8>) throws(Malformed) -> Double? {
    var scanner = JSONScanner(json, key: key)
    scanner.skipBlanks()
    try scanner.scanValue(level: 0)
    scanner.skipBlanks()
    try scanner.expect(scanner.at == json.count)
    return scanner.number
  }

  private let json: Span<UInt8>
  private let key: StaticString
  private var at = 0
  private var number: Double?

  @_lifetime(copy json)
  private init(_ json: Span<UInt8>, key: StaticString) {
    self.json = json
    self.key = key
  }

  /// The next byte; zero at the end, which is valid nowhere.
  private var next: UInt8 { at < json.count ? json[at] : 0 }

  private func expect(_ condition: Bool) throws(Malformed) {
    guard condition else { throw Malformed() }
  }

  /// Skips the byte where it is next.
  @_lifetime(self: copy self)
  private mutating func take(_ byte: UInt8) -> Bool {
    guard next == byte else { return false }
    at += 1
    return true
  }

  @_lifetime(self: copy self)
  private mutating func skipBlanks() {
    while next == .blank || next == .lineFeed || next == .carriageReturn || next == .tab { at += 1 }
  }

  @_lifetime(self: copy self)
  private mutating func scanValue(level: Int) throws(Malformed) {
    try expect(level <= Self.mostLevels)
    switch next {
    case .openBrace: try scanObject(level: level)
    case .openBracket: try scanArray(level: level)
    case .quote: try scanString()
    case UInt8(ascii: "t"): try scanWord("true")
    case UInt8(ascii: "f"): try scanWord("false")
    case UInt8(ascii: "n"): try scanWord("null")
    default: try scanNumber()
    }
  }

  @_lifetime(self: copy self)
  private mutating func scanObject(level: Int) throws(Malformed) {
    at += 1
    skipBlanks()
    if take(.closeBrace) { return }
    while true {
      try scanMember(level: level)
      skipBlanks()
      if take(.closeBrace) { return }
      try expect(take(.comma))
      skipBlanks()
    }
  }

  @_lifetime(self: copy self)
  private mutating func scanArray(level: Int) throws(Malformed) {
    at += 1
    skipBlanks()
    if take(.closeBracket) { return }
    while true {
      try scanValue(level: level + 1)
      skipBlanks()
      if take(.closeBracket) { return }
      try expect(take(.comma))
      skipBlanks()
    }
  }

  @_lifetime(self: copy self)
  private mutating func scanMember(level: Int) throws(Malformed) {
    let name = at
    try scanString()
    let isWanted = level == 0 && spellsKey(from: name + 1, to: at - 1)
    skipBlanks()
    try expect(take(.colon))
    skipBlanks()
    let start = at
    try scanValue(level: level + 1)
    if isWanted { number = numberValue(from: start, to: at) }
  }

  @_lifetime(self: copy self)
  private mutating func scanString() throws(Malformed) {
    try expect(take(.quote))
    while true {
      skipPlain()
      if take(.quote) { return }
      try expect(take(.backslash))
      try scanEscape()
    }
  }

  /// Skips to the next quote, backslash or control character; eight bytes at a time, as strings are most of a text.
  @_lifetime(self: copy self)
  private mutating func skipPlain() {
    let bytes = json.bytes
    while at + 8 <= bytes.byteCount {
      let marks = UInt64(littleEndian: bytes.unsafeLoadUnaligned(fromByteOffset: at, as: UInt64.self)).stringMarks
      if marks != 0 {
        at += marks.trailingZeroBitCount / 8
        return
      }
      at += 8
    }
    while next >= 0x20 && next != .quote && next != .backslash { at += 1 }
  }

  @_lifetime(self: copy self)
  private mutating func scanEscape() throws(Malformed) {
    let kind = next
    at += 1
    switch kind {
    case .quote, .backslash, .slash: return
    case UInt8(ascii: "b"), UInt8(ascii: "f"), UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"): return
    case UInt8(ascii: "u"):
      for _ in 0..<4 {
        try expect(next.hexadecimalValue != nil)
        at += 1
      }
    default: throw Malformed()
    }
  }

  @_lifetime(self: copy self)
  private mutating func scanWord(_ word: StaticString) throws(Malformed) {
    for index in 0..<word.utf8CodeUnitCount {
      try expect(take(word.utf8Start[index]))
    }
  }

  @_lifetime(self: copy self)
  private mutating func scanNumber() throws(Malformed) {
    _ = take(.minus)
    if !take(.zero) { try scanDigits() }
    if take(.dot) { try scanDigits() }
    if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
      _ = take(.plus) || take(.minus)
      try scanDigits()
    }
  }

  @_lifetime(self: copy self)
  private mutating func scanDigits() throws(Malformed) {
    try expect(next.isDigit)
    while next.isDigit { at += 1 }
  }

  /// The number that a value is; nil for one of another kind.
  private func numberValue(from start: Int, to end: Int) -> Double? {
    guard json[start] == .minus || json[start].isDigit else { return nil }
    return json.extracting(start..<end).withUnsafeBufferPointer { Double(String(decoding: $0, as: UTF8.self)) }
  }

  /// Whether the inside of a string is the key.
  private func spellsKey(from start: Int, to end: Int) -> Bool {
    var at = start
    for index in 0..<key.utf8CodeUnitCount {
      guard at < end else { return false }
      var byte = json[at]
      at += 1
      if byte == .backslash { byte = unescapedByte(&at) }
      guard byte == key.utf8Start[index] else { return false }
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
