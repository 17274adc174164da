/// A version whose last numbers may be left out, as ranges allow: `1`, `1.2`, `1.2.3-rc.1`.
struct PartialVersion {
  var major: Int
  var minor: Int?
  var patch: Int?
  var prerelease: [SemanticVersion.Identifier]
  var build: String

  /// Nil when the text is none. A pre-release or build part needs all three numbers in front.
  init?(parsing text: Substring) {
    let plus = text.split(separator: "+", maxSplits: 1, omittingEmptySubsequences: false)
    guard let front = plus.first else { return nil }
    let dash = front.split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
    guard let core = dash.first else { return nil }

    let numbers = core.split(separator: ".", omittingEmptySubsequences: false).map(Self.number)
    guard (1...3).contains(numbers.count), let major = numbers[0], numbers.allSatisfy({ $0 != nil }) else { return nil }
    guard numbers.count == 3 || (dash.count == 1 && plus.count == 1) else { return nil }
    self.major = major
    self.minor = numbers.count > 1 ? numbers[1] : nil
    self.patch = numbers.count > 2 ? numbers[2] : nil

    guard let prerelease = dash.count == 1 ? [] : Self.prerelease(dash[1]) else { return nil }
    self.prerelease = prerelease

    self.build = plus.count == 1 ? "" : String(plus[1])
    guard plus.count == 1 || plus[1].split(separator: ".", omittingEmptySubsequences: false).allSatisfy(Self.isIdentifier) else {
      return nil
    }
  }

  /// The version with zeros where numbers are left out.
  var lowest: SemanticVersion { SemanticVersion(major, minor ?? 0, patch ?? 0, prerelease: prerelease) }

  private static func prerelease(_ text: Substring) -> [SemanticVersion.Identifier]? {
    var identifiers: [SemanticVersion.Identifier] = []
    for part in text.split(separator: ".", omittingEmptySubsequences: false) {
      if let number = number(part) {
        identifiers.append(.number(number))
      } else {
        guard isIdentifier(part), !part.utf8.allSatisfy(isDigit) else { return nil }
        identifiers.append(.word(String(part)))
      }
    }
    return identifiers
  }

  /// Digits without a leading zero, at most 18 of them.
  private static func number(_ text: Substring) -> Int? {
    guard !text.isEmpty, text.utf8.allSatisfy(isDigit), text.utf8.count <= 18, text == "0" || !text.hasPrefix("0") else { return nil }
    return Int(text)
  }

  private static func isIdentifier(_ text: Substring) -> Bool {
    !text.isEmpty
      && text.utf8.allSatisfy {
        isDigit($0) || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0 | 0x20) || $0 == UInt8(ascii: "-")
      }
  }

  private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }
}
