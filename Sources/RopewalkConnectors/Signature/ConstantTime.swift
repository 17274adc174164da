import Crypto

/// Comparison that takes the same time wherever the first difference is.
enum ConstantTime {
  static func equal(_ left: [UInt8], _ right: [UInt8]) -> Bool {
    left.count == right.count && zip(left, right).reduce(0) { $0 | ($1.0 ^ $1.1) } == 0
  }
}

/// Bytes written as two digits each.
enum Hexadecimal {
  /// Nil when the text is not pairs of hexadecimal digits.
  static func decode(_ text: some StringProtocol) -> [UInt8]? {
    let digits = Array(text.utf8)
    guard digits.count % 2 == 0, digits.allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }) else { return nil }
    return stride(from: 0, to: digits.count, by: 2).compactMap { UInt8(String(decoding: digits[$0..<$0 + 2], as: UTF8.self), radix: 16) }
  }

  static func encode(_ bytes: some Sequence<UInt8>) -> String {
    bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }
}

extension HMAC {
  /// Adds bytes without copying them where they lie together.
  mutating func updateContiguously(_ bytes: some Collection<UInt8>) {
    if bytes.withContiguousStorageIfAvailable({ update(data: UnsafeRawBufferPointer($0)) }) == nil { update(data: Array(bytes)) }
  }
}
