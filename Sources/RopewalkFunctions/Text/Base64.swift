/// Base64, RFC 4648, strictly: no white space, no characters of the other alphabet, no stray bits at the end.
package enum Base64 {
  package enum Alphabet: Sendable {
    /// `+` and `/`, padded with `=`.
    case standard
    /// `-` and `_`; written without padding, read with or without.
    case urlSafe
  }

  package static func encode(_ input: [UInt8], alphabet: Alphabet = .standard) -> [UInt8] {
    let digits = alphabet == .standard ? standardDigits : urlSafeDigits
    let remainder = input.count % 3
    let padding = remainder == 0 ? 0 : 3 - remainder
    let length = (input.count + 2) / 3 * 4 - (alphabet == .standard ? 0 : padding)
    return [UInt8](unsafeUninitializedCapacity: length) { output, count in
      var out = 0
      var index = 0
      while index + 3 <= input.count {
        let group = UInt32(input[index]) << 16 | UInt32(input[index + 1]) << 8 | UInt32(input[index + 2])
        output[out] = digits[Int(group >> 18)]
        output[out + 1] = digits[Int(group >> 12 & 63)]
        output[out + 2] = digits[Int(group >> 6 & 63)]
        output[out + 3] = digits[Int(group & 63)]
        out += 4
        index += 3
      }
      if remainder > 0 {
        let group = UInt32(input[index]) << 16 | (remainder == 2 ? UInt32(input[index + 1]) << 8 : 0)
        for place in 0...remainder { output[out + place] = digits[Int(group >> UInt32(18 - 6 * place) & 63)] }
        out += remainder + 1
        while out < length {
          output[out] = UInt8(ascii: "=")
          out += 1
        }
      }
      count = length
    }
  }

  /// The bytes, or the first byte that cannot be right.
  package static func decode(_ input: [UInt8], alphabet: Alphabet = .standard) -> Result<[UInt8], InvalidByte> {
    let values = alphabet == .standard ? standardValues : urlSafeValues
    var end = input.count
    while end > 0, end > input.count - 2, input[end - 1] == UInt8(ascii: "=") { end -= 1 }
    let isPadded = end < input.count
    if isPadded || alphabet == .standard, input.count % 4 != 0 { return .failure(InvalidByte(offset: input.count)) }
    guard end % 4 != 1 else { return .failure(InvalidByte(offset: end)) }
    var output: [UInt8] = []
    output.reserveCapacity(end / 4 * 3 + 2)
    var group: UInt32 = 0
    for index in 0..<end {
      let value = values[Int(input[index])]
      guard value < 64 else { return .failure(InvalidByte(offset: index)) }
      group = group << 6 | UInt32(value)
      if index & 3 == 3 {
        output.append(UInt8(truncatingIfNeeded: group >> 16))
        output.append(UInt8(truncatingIfNeeded: group >> 8))
        output.append(UInt8(truncatingIfNeeded: group))
        group = 0
      }
    }
    switch end % 4 {
    case 2:
      guard group & 15 == 0 else { return .failure(InvalidByte(offset: end - 1)) }
      output.append(UInt8(truncatingIfNeeded: group >> 4))
    case 3:
      guard group & 3 == 0 else { return .failure(InvalidByte(offset: end - 1)) }
      output.append(UInt8(truncatingIfNeeded: group >> 10))
      output.append(UInt8(truncatingIfNeeded: group >> 2))
    default: break
    }
    return .success(output)
  }

  package struct InvalidByte: Error {
    var offset: Int
  }

  private static let standardDigits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
  private static let urlSafeDigits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)
  private static let standardValues = values(of: standardDigits)
  private static let urlSafeValues = values(of: urlSafeDigits)

  private static func values(of digits: [UInt8]) -> [UInt8] {
    var values = [UInt8](repeating: 255, count: 256)
    for (value, digit) in digits.enumerated() { values[Int(digit)] = UInt8(value) }
    return values
  }
}
