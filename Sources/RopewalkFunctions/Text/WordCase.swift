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
    var words: [Substring] = []
    var start: String.Index?
    var previous: Character?
    var index = text.startIndex
    while index < text.endIndex {
      let character = text[index]
      let next = text.index(after: index)
      if !character.isLetter && !character.isNumber {
        if let start { words.append(text[start..<index]) }
        start = nil
      } else if let begun = start, let previous, character.isUppercase,
        !previous.isUppercase || (next < text.endIndex && text[next].isLowercase)
      {
        words.append(text[begun..<index])
        start = index
      } else if start == nil {
        start = index
      }
      previous = character
      index = next
    }
    if let start { words.append(text[start...]) }
    return words
  }
}
