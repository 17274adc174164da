/// One label of a host name in Unicode: RFC 5891 and 5892, with the contexts of RFC 5892's appendix A.
///
/// Whether a scalar may stand in a label is derived from the properties that Swift's standard library has. The label
/// is not checked for normalisation form C.
struct InternationalLabel {
  let scalars: [Unicode.Scalar]

  init(_ scalars: [Unicode.Scalar]) {
    self.scalars = scalars
  }

  /// Decodes `xn--…`; nil where that is no Punycode, or not the one way of writing its characters.
  init?(encoded text: String) {
    guard text.hasPrefix("xn--") || text.lowercased().hasPrefix("xn--"), let scalars = Punycode.decode(text.utf8.dropFirst(4)) else {
      return nil
    }
    guard !scalars.allSatisfy(\.isASCII), let encoded = Punycode.encode(scalars) else { return nil }
    guard String(decoding: encoded, as: UTF8.self).lowercased() == text.lowercased().dropFirst(4) else { return nil }
    self.scalars = scalars
  }

  var isValid: Bool {
    guard let first = scalars.first, first != "-", scalars.last != "-" else { return false }
    if scalars.count >= 4, scalars[2] == "-", scalars[3] == "-" { return false }
    if Self.isMark(first) { return false }
    guard scalars.indices.allSatisfy(isAllowed) else { return false }
    return !mixesArabicDigits && (!hasRightToLeft || followsBidirectionalRule)
  }

  private static func isMark(_ scalar: Unicode.Scalar) -> Bool {
    [.nonspacingMark, .spacingMark, .enclosingMark].contains(scalar.properties.generalCategory)
  }

  private func isAllowed(at index: Int) -> Bool {
    let scalar = scalars[index]
    return Self.isContextual(scalar) ? holdsContext(at: index) : Self.isPermitted(scalar)
  }

  /// RFC 5892's PVALID: its exceptions first, then letters, digits and marks that are stable under case folding and
  /// compatibility mapping.
  private static func isPermitted(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0xDF, 0x3C2, 0x6FD, 0x6FE, 0xF0B, 0x3007: return true
    case 0x640, 0x7FA, 0x302E, 0x302F, 0x3031...0x3035, 0x303B: return false
    case 0x1100...0x11FF, 0xA960...0xA97F, 0xD7B0...0xD7FF: return false
    case 0x2D, 0x30...0x39, 0x61...0x7A: return true
    case 0..<0x80: return false
    default: break
    }
    let properties = scalar.properties
    guard !properties.isNoncharacterCodePoint, !properties.isDefaultIgnorableCodePoint, !properties.isWhitespace,
      !properties.changesWhenNFKCCaseFolded
    else { return false }
    switch properties.generalCategory {
    case .lowercaseLetter, .uppercaseLetter, .otherLetter, .modifierLetter, .nonspacingMark, .spacingMark, .decimalNumber: return true
    default: return false
    }
  }

  private static func isContextual(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0xB7, 0x375, 0x5F3, 0x5F4, 0x30FB, 0x200C, 0x200D, 0x660...0x669, 0x6F0...0x6F9: true
    default: false
    }
  }

  /// RFC 5892, appendix A.
  private func holdsContext(at index: Int) -> Bool {
    let before = index > 0 ? scalars[index - 1] : nil
    let after = index + 1 < scalars.count ? scalars[index + 1] : nil
    switch scalars[index].value {
    case 0xB7: return before == "l" && after == "l"
    case 0x375: return after.map { Self.isGreek($0) } ?? false
    case 0x5F3, 0x5F4: return before.map { Self.isHebrew($0) } ?? false
    case 0x30FB: return scalars.contains { Self.isJapanese($0) }
    case 0x200D: return isVirama(before)
    case 0x200C: return isVirama(before) || joins(at: index)
    default: return true
    }
  }

  private var mixesArabicDigits: Bool {
    scalars.contains { 0x660...0x669 ~= $0.value } && scalars.contains { 0x6F0...0x6F9 ~= $0.value }
  }

  private func isVirama(_ scalar: Unicode.Scalar?) -> Bool {
    scalar?.properties.canonicalCombiningClass == .virama
  }

  /// A zero-width non-joiner may stand between letters that would join: as an approximation of their joining type, two
  /// letters of the Arabic, Syriac, N'Ko or Mandaic blocks, marks aside.
  private func joins(at index: Int) -> Bool {
    let before = scalars[..<index].last { $0.properties.generalCategory != .nonspacingMark }
    let after = scalars[(index + 1)...].first { $0.properties.generalCategory != .nonspacingMark }
    return [before, after].allSatisfy { $0.map { Self.isCursive($0) } ?? false }
  }

  private static func isCursive(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x620...0x64A, 0x66E...0x6D3, 0x6FA...0x6FF, 0x710...0x72F, 0x74D...0x77F, 0x7CA...0x7EA, 0x840...0x858, 0x8A0...0x8C9: true
    default: false
    }
  }

  private static func isGreek(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x370...0x373, 0x375...0x377, 0x37A...0x37D, 0x37F, 0x384, 0x386, 0x388...0x3E1, 0x3F0...0x3FF, 0x1F00...0x1FFE: true
    default: false
    }
  }

  private static func isHebrew(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x591...0x5C7, 0x5D0...0x5EA, 0x5EF...0x5F4, 0xFB1D...0xFB4F: true
    default: false
    }
  }

  /// Hiragana, Katakana or Han.
  private static func isJapanese(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x3041...0x3096, 0x309D...0x309F, 0x30A1...0x30FA, 0x30FD...0x30FF, 0x31F0...0x31FF, 0x3005, 0x3007, 0x3021...0x3029,
      0x3038...0x303B, 0x3400...0x4DBF, 0x4E00...0x9FFF, 0xF900...0xFAD9, 0x20000...0x323AF:
      true
    default: false
    }
  }
}
