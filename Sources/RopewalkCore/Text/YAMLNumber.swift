/// Numbers as YAML's core schema writes them, turned into JSON's grammar without losing digits.
package enum YAMLNumber {
  /// The JSON literal of `+5`, `007`, `0x1F`, `0o17`, `.5`, `5.`, `1e3`; nil when the text is no number.
  /// Infinities and not-a-number have no JSON form and count as text.
  package static func literal(of text: String) -> String? {
    guard let first = text.utf8.first, first < 0x3A else { return nil }
    if text.hasPrefix("0x") { return UInt64(text.dropFirst(2), radix: 16).map(String.init) }
    if text.hasPrefix("0o") { return UInt64(text.dropFirst(2), radix: 8).map(String.init) }
    return decimal(text.utf8[...])
  }

  private static func decimal(_ text: Substring.UTF8View) -> String? {
    var rest = text
    let isNegative = rest.first == UInt8(ascii: "-")
    if isNegative || rest.first == UInt8(ascii: "+") { rest = rest.dropFirst() }
    let whole = takeDigits(&rest)
    var fraction = ""
    if rest.first == UInt8(ascii: ".") {
      rest = rest.dropFirst()
      fraction = takeDigits(&rest)
      guard !whole.isEmpty || !fraction.isEmpty else { return nil }
      if fraction.isEmpty { fraction = "0" }
    } else if whole.isEmpty {
      return nil
    }
    guard let exponent = takeExponent(&rest), rest.isEmpty else { return nil }
    let significant = whole.drop { $0 == "0" }
    return (isNegative ? "-" : "") + (significant.isEmpty ? "0" : String(significant)) + (fraction.isEmpty ? "" : ".\(fraction)") + exponent
  }

  /// The exponent part; empty when there is none, nil when it is broken.
  private static func takeExponent(_ rest: inout Substring.UTF8View) -> String? {
    guard let letter = rest.first, letter | 0x20 == UInt8(ascii: "e") else { return "" }
    rest = rest.dropFirst()
    var sign = ""
    if let byte = rest.first, byte == UInt8(ascii: "+") || byte == UInt8(ascii: "-") {
      sign = byte == UInt8(ascii: "-") ? "-" : "+"
      rest = rest.dropFirst()
    }
    let digits = takeDigits(&rest)
    return digits.isEmpty ? nil : "e\(sign)\(digits)"
  }

  private static func takeDigits(_ rest: inout Substring.UTF8View) -> String {
    let digits = rest.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    rest = rest.dropFirst(digits.count)
    return String(Substring(digits))
  }
}
