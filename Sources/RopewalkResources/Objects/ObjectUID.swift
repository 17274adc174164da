/// Makes uids and the ends of generated names.
enum ObjectUID {
  /// A random UUID, version 4 of RFC 9562.
  static func next() -> String {
    var generator = SystemRandomNumberGenerator()
    var high = generator.next() as UInt64
    var low = generator.next() as UInt64
    high = high & ~0xF000 | 0x4000
    low = low & ~(0xC000 << 48) | 0x8000 << 48
    let digits = hexadecimal(high) + hexadecimal(low)
    return [digits[..<8], digits[8..<12], digits[12..<16], digits[16..<20], digits[20...]].map { String(decoding: $0, as: UTF8.self) }
      .joined(separator: "-")
  }

  private static func hexadecimal(_ value: UInt64) -> [UInt8] {
    let digits = String(value, radix: 16)
    return [UInt8](repeating: UInt8(ascii: "0"), count: 16 - digits.utf8.count) + Array(digits.utf8)
  }

  private static let letters = Array("bcdfghjklmnpqrstvwxz2456789")

  /// `generateName` with five random letters behind it, of which none make words.
  static func name(from prefix: String) -> String {
    let room = NameRules.maxLabelLength - 5
    return String(prefix.prefix(room)) + String((0..<5).map { _ in letters.randomElement() ?? "x" })
  }
}
