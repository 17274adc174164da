import Crypto

/// The SHA-256 of a guest's code: of its module, or of its script with everything that it imports.
package struct CodeDigest: Sendable, Hashable, CustomStringConvertible {
  private static let prefix = "sha256:"

  /// 64 digits in small letters.
  package let hexadecimal: String

  package init(of code: [UInt8]) {
    self.hexadecimal = Self.hexadecimal(of: code)
  }

  /// Parses `sha256:` with 64 hexadecimal digits in small letters; nil for anything else.
  package init?(parsing text: String) {
    guard text.hasPrefix(Self.prefix) else { return nil }
    let digits = text.dropFirst(Self.prefix.count)
    guard digits.utf8.count == 64, digits.utf8.allSatisfy({ "0123456789abcdef".utf8.contains($0) }) else { return nil }
    self.hexadecimal = String(digits)
  }

  package var description: String { Self.prefix + hexadecimal }

  static func hexadecimal(of bytes: [UInt8]) -> String {
    SHA256.hash(data: bytes).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }
}
