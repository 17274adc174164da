/// Walks over a date's text.
struct DateScanner {
  private var rest: Substring.UTF8View

  init(_ text: String) {
    rest = text.utf8[...]
  }

  var isAtEnd: Bool { rest.isEmpty }

  /// Takes between `minimum` and `maximum` digits.
  mutating func number(_ minimum: Int, _ maximum: Int? = nil) -> Int? {
    let digits = rest.prefix(maximum ?? minimum).prefix { 0x30...0x39 ~= $0 }
    guard digits.count >= minimum else { return nil }
    rest = rest[digits.endIndex...]
    return digits.reduce(0) { $0 * 10 + Int($1 - 0x30) }
  }

  /// Takes the digits of a fraction as nanoseconds; those beyond the ninth do not count.
  mutating func fraction() -> Int? {
    let digits = rest.prefix { 0x30...0x39 ~= $0 }
    guard !digits.isEmpty else { return nil }
    rest = rest[digits.endIndex...]
    let counted = digits.prefix(9)
    return (counted.count..<9).reduce(counted.reduce(0) { $0 * 10 + Int($1 - 0x30) }) { value, _ in value * 10 }
  }

  mutating func take(_ text: String) -> Bool {
    guard rest.starts(with: text.utf8) else { return false }
    rest = rest.dropFirst(text.utf8.count)
    return true
  }

  /// Takes one of several words, without regard to case, and says which; the longest where several fit.
  mutating func word(of words: [String]) -> Int? {
    var best: Int?
    for (index, word) in words.enumerated() where (best.map { word.utf8.count > words[$0].utf8.count } ?? true) {
      if rest.count >= word.utf8.count, String(Substring(rest.prefix(word.utf8.count))).lowercased() == word.lowercased() { best = index }
    }
    if let best { rest = rest.dropFirst(words[best].utf8.count) }
    return best
  }

  /// Takes `Z`, `+02:00` or `+0200`, as seconds.
  mutating func offset() -> Int? {
    if take("Z") || take("z") { return 0 }
    let isNegative = take("-")
    guard isNegative || take("+"), let hours = number(2) else { return nil }
    _ = take(":")
    guard let minutes = number(2), hours <= 23, minutes <= 59 else { return nil }
    return (hours * 3600 + minutes * 60) * (isNegative ? -1 : 1)
  }
}
