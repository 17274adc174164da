extension RegexParser {
  /// Parses what follows a backslash outside brackets.
  mutating func parseEscape() throws(PatternError) -> RegexNode {
    position += 1
    guard let next = peek else { throw error("the pattern ends after a backslash") }
    switch next {
    case "b", "B":
      position += 1
      return .wordBoundary(negated: next == "B")
    case "1"..."9": return .backreference(.number(parseDigits() ?? 0))
    case "k":
      position += 1
      guard take("<") else { throw error("\\k needs a group's name in angle brackets") }
      return .backreference(.name(try parseGroupName()))
    default:
      if let set = try parseSetEscape() { return .character(.set(set.finished())) }
      return .character(.scalar(try parseCharacterEscape()))
    }
  }

  /// Parses `d`, `D`, `w`, `W`, `s`, `S`, `p{…}` or `P{…}`; nil, and nothing is taken, for all else.
  private mutating func parseSetEscape() throws(PatternError) -> ScalarSet? {
    guard let next = peek else { return nil }
    switch next {
    case "d", "D": return takeSet(.digits, negated: next == "D")
    case "w", "W": return takeSet(.wordCharacters, negated: next == "W")
    case "s", "S": return takeSet(.whiteSpace, negated: next == "S")
    case "p", "P":
      position += 1
      var set = ScalarSet()
      set.insert(try parseProperty(), negated: next == "P")
      return set
    default: return nil
    }
  }

  private mutating func takeSet(_ set: ScalarSet, negated: Bool) -> ScalarSet {
    position += 1
    return set.finished(negated: negated)
  }

  private mutating func parseProperty() throws(PatternError) -> UnicodeProperty {
    guard take("{"), let end = scalars[position...].firstIndex(of: "}") else { throw error("\\p needs a property in braces") }
    var name = String.UnicodeScalarView()
    name.append(contentsOf: scalars[position..<end])
    guard let property = UnicodeProperty(String(name)) else {
      throw error("'\(String(name).prefix(64))' is no property that is known here; use a general category such as Letter, or ranges")
    }
    position = end + 1
    return property
  }

  /// Parses the escape of one character.
  private mutating func parseCharacterEscape() throws(PatternError) -> UInt32 {
    guard let next = peek else { throw error("the pattern ends after a backslash") }
    position += 1
    switch next {
    case "t": return 0x09
    case "n": return 0x0A
    case "v": return 0x0B
    case "f": return 0x0C
    case "r": return 0x0D
    case "0":
      if let digit = peek, "0"..."9" ~= digit { throw error("\\0 cannot be followed by a digit") }
      return 0
    case "c":
      guard let letter = peek, letter.isASCII, letter.properties.isAlphabetic else { throw error("\\c needs a letter") }
      position += 1
      return letter.value & 31
    case "x": return try parseHexadecimal(2)
    case "u": return try parseUnicodeEscape()
    default:
      guard next.isASCII, !next.properties.isAlphabetic, !("0"..."9" ~= next) else {
        position -= 1
        throw error("'\\\(next)' has no meaning in ECMA-262")
      }
      return next.value
    }
  }

  private mutating func parseUnicodeEscape() throws(PatternError) -> UInt32 {
    if take("{") {
      let start = position
      var code: UInt32 = 0
      while let digit = peek.flatMap({ Character($0).hexDigitValue }), code <= 0x10FFFF {
        code = code << 4 | UInt32(digit)
        position += 1
      }
      guard position > start, code <= 0x10FFFF, take("}") else { throw error("\\u{…} needs a code point in hexadecimal") }
      return code
    }
    let first = try parseHexadecimal(4)
    guard (0xD800..<0xDC00).contains(first), position + 1 < scalars.count, scalars[position] == "\\", scalars[position + 1] == "u" else {
      return first
    }
    let restart = position
    position += 2
    let second = try parseHexadecimal(4)
    guard (0xDC00..<0xE000).contains(second) else {
      position = restart
      return first
    }
    return 0x10000 + (first - 0xD800) << 10 + (second - 0xDC00)
  }

  private mutating func parseHexadecimal(_ count: Int) throws(PatternError) -> UInt32 {
    var code: UInt32 = 0
    for _ in 0..<count {
      guard let digit = peek.flatMap({ Character($0).hexDigitValue }) else { throw error("\(count) hexadecimal digits must stand here") }
      code = code << 4 | UInt32(digit)
      position += 1
    }
    return code
  }

  /// Parses a class from `[` to `]`.
  mutating func parseClass() throws(PatternError) -> ScalarSet {
    position += 1
    let isNegated = take("^")
    var set = ScalarSet()
    while !take("]") {
      guard peek != nil else { throw error("a class is never closed") }
      switch try parseClassAtom() {
      case .set(let members): set.formUnion(members)
      case .scalar(let low):
        guard peek == "-", position + 1 < scalars.count, scalars[position + 1] != "]" else {
          set.insert(low...low)
          continue
        }
        position += 1
        guard case .scalar(let high) = try parseClassAtom() else { throw error("a range cannot end with a set") }
        guard low <= high else { throw error("a range is out of order") }
        set.insert(low...high)
      }
    }
    return set.finished(negated: isNegated)
  }

  private mutating func parseClassAtom() throws(PatternError) -> CharacterMatch {
    guard let next = peek else { throw error("a class is never closed") }
    position += 1
    guard next == "\\" else { return .scalar(next.value) }
    if take("b") { return .scalar(0x08) }
    if let set = try parseSetEscape() { return .set(set) }
    return .scalar(try parseCharacterEscape())
  }
}
