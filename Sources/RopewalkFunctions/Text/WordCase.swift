/// The ways of writing a name, and texts as a whole.
enum WordCase: Sendable {
  case upper, lower, camel, snake, kebab, title

  func apply(to text: String) -> String {
    switch self {
    case .upper: text.uppercased()
    case .lower: text.lowercased()
    case .camel: camel(Self.words(of: text))
    case .snake: Self.words(of: text).map { $0.lowercased() }.joined(separator: "_")
    case .kebab: Self.words(of: text).map { $0.lowercased() }.joined(separator: "-")
    case .title: Self.words(of: text).map(Self.capitalised).joined(separator: " ")
    }
  }

  private func camel(_ words: [Substring]) -> String {
    guard let first = words.first else { return "" }
    return first.lowercased() + words.dropFirst().map(Self.capitalised).joined()
  }

  private static func capitalised(_ word: Substring) -> String {
    word.prefix(1).uppercased() + word.dropFirst().lowercased()
  }

  /// `XMLHttpRequest-2` is `XML`, `Http`, `Request`, `2`: words end at what is neither letter nor digit, where a small
  /// letter or digit meets a capital, and before the last of several capitals that a small letter follows.
  static func words(of text: String) -> [Substring] {
    let scalars = text.unicodeScalars
    var words: [Substring] = []
    var start: String.Index?
    var wasCapital = false
    var index = scalars.startIndex
    while index < scalars.endIndex {
      let kind = Kind(scalars[index])
      let next = scalars.index(after: index)
      if kind == .separator {
        if let start { words.append(text[start..<index]) }
        start = nil
      } else if let begun = start, kind == .capital, !wasCapital || (next < scalars.endIndex && Kind(scalars[next]) == .small) {
        words.append(text[begun..<index])
        start = index
      } else if start == nil {
        start = index
      }
      wasCapital = kind == .capital
      index = next
    }
    if let start { words.append(text[start...]) }
    return words
  }

  private enum Kind {
    case capital, small, other, separator

    init(_ scalar: Unicode.Scalar) {
      switch scalar.value {
      case 0x41...0x5A: self = .capital
      case 0x61...0x7A: self = .small
      case 0x30...0x39: self = .other
      case 0..<0x80: self = .separator
      default:
        switch scalar.properties.generalCategory {
        case .uppercaseLetter, .titlecaseLetter: self = .capital
        case .lowercaseLetter: self = .small
        case .modifierLetter, .otherLetter, .nonspacingMark, .spacingMark, .enclosingMark, .decimalNumber, .letterNumber, .otherNumber:
          self = .other
        default: self = .separator
        }
      }
    }
  }
}
