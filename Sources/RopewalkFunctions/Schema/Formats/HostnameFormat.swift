/// Host names: RFC 1123's, and RFC 5890's with labels beyond ASCII.
enum HostnameFormat {
  private static let maxNameLength = 253
  private static let maxLabelLength = 63

  static func isHostname(_ text: String) -> Bool {
    guard 1...maxNameLength ~= text.utf8.count else { return false }
    let labels = text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    return labels.allSatisfy { label in
      guard isASCIILabel(label) else { return false }
      return !hasReservedHyphens(label) || InternationalLabel(encoded: String(Substring(label)))?.isValid ?? false
    }
  }

  /// - Parameter normalised: labels must be as RFC 5892 wants them registered; addresses of mail take them as typed.
  static func isInternational(_ text: String, normalised: Bool = true) -> Bool {
    let labels = text.unicodeScalars.split(omittingEmptySubsequences: false) { ".\u{3002}\u{FF0E}\u{FF61}".unicodeScalars.contains($0) }
    var length = labels.count - 1
    var decoded: [InternationalLabel] = []
    for label in labels {
      guard let (label, encodedLength) = decode(Array(label), normalised: normalised) else { return false }
      length += encodedLength
      decoded.append(label)
    }
    guard length <= maxNameLength else { return false }
    let isBidirectional = decoded.contains(where: \.hasRightToLeft)
    return !isBidirectional || decoded.allSatisfy(\.followsBidirectionalRule)
  }

  /// A label's characters and the length of its ASCII form; nil when it is none.
  private static func decode(_ scalars: [Unicode.Scalar], normalised: Bool) -> (InternationalLabel, Int)? {
    if scalars.allSatisfy(\.isASCII) {
      let text = String(String.UnicodeScalarView(scalars))
      guard isASCIILabel(text.utf8[...]) else { return nil }
      guard hasReservedHyphens(text.utf8[...]) else { return (InternationalLabel(scalars), text.utf8.count) }
      guard let label = InternationalLabel(encoded: text), label.isValid else { return nil }
      return (label, text.utf8.count)
    }
    let label = InternationalLabel(scalars)
    guard !normalised || label.isValid, let encoded = Punycode.encode(scalars), encoded.count + 4 <= maxLabelLength else { return nil }
    return (label, encoded.count + 4)
  }

  private static func isASCIILabel(_ label: Substring.UTF8View) -> Bool {
    1...maxLabelLength ~= label.count && label.first != UInt8(ascii: "-") && label.last != UInt8(ascii: "-")
      && label.allSatisfy { $0.isDigit || $0.isLetter || $0 == UInt8(ascii: "-") }
  }

  /// Two hyphens in the third and fourth place are for encodings such as `xn--`.
  private static func hasReservedHyphens(_ label: Substring.UTF8View) -> Bool {
    label.dropFirst(2).prefix(2).elementsEqual("--".utf8)
  }
}
