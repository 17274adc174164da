extension ExactDecimal {
  /// Whether this is a whole multiple of `divisor`, exactly.
  /// - Returns: false for a divisor of zero. The work is bounded: a divisor of more than 18 digits together with a
  ///   number more than 4,096 powers of ten above it counts as no multiple, and so does one whose digits times those of
  ///   the number are more than ``maxLongDivision``.
  func isMultiple(of divisor: ExactDecimal) -> Bool {
    guard !divisor.isZero else { return false }
    guard !isZero else { return true }
    // The last digit is not 0, so a divisor with a larger power of ten cannot divide.
    let shift = exponent - divisor.exponent
    guard shift >= 0 else { return false }
    if divisor.digits.count <= 18 { return remainder(shift: shift, by: divisor.digits.reduce(0) { $0 * 10 + UInt64($1) }) == 0 }
    guard shift <= 4096, divisor.digits.count * (digits.count + shift) <= Self.maxLongDivision else { return false }
    return hasNoRemainder(shift: shift, by: divisor.digits)
  }

  /// Digits of a long division, those of both numbers multiplied. Default 1,048,576: some ten milliseconds.
  private static let maxLongDivision = 1 << 20

  /// `digits × 10^shift mod divisor`
  private func remainder(shift: Int, by divisor: UInt64) -> UInt64 {
    var remainder: UInt64 = 0
    for digit in digits { remainder = Self.multiply(remainder, 10, adding: UInt64(digit), modulo: divisor) }
    var power = 10 % divisor
    var factor = 1 % divisor
    var rest = shift
    while rest > 0 {
      if rest & 1 == 1 { factor = Self.multiply(factor, power, adding: 0, modulo: divisor) }
      power = Self.multiply(power, power, adding: 0, modulo: divisor)
      rest >>= 1
    }
    return Self.multiply(remainder, factor, adding: 0, modulo: divisor)
  }

  private static func multiply(_ left: UInt64, _ right: UInt64, adding addend: UInt64, modulo divisor: UInt64) -> UInt64 {
    let product = left.multipliedFullWidth(by: right)
    let (low, carry) = product.low.addingReportingOverflow(addend)
    let high = product.high + (carry ? 1 : 0)
    return divisor.dividingFullWidth((high % divisor, low)).remainder
  }

  /// Long division, digit by digit, keeping only the remainder.
  private func hasNoRemainder(shift: Int, by divisor: [UInt8]) -> Bool {
    var remainder: [UInt8] = []
    for index in 0..<digits.count + shift {
      let digit = index < digits.count ? digits[index] : 0
      if !(remainder.isEmpty && digit == 0) { remainder.append(digit) }
      while Self.isAtLeast(remainder, divisor) { Self.subtract(divisor, from: &remainder) }
    }
    return remainder.isEmpty
  }

  private static func isAtLeast(_ left: [UInt8], _ right: [UInt8]) -> Bool {
    left.count == right.count ? !left.lexicographicallyPrecedes(right) : left.count > right.count
  }

  private static func subtract(_ right: [UInt8], from left: inout [UInt8]) {
    var borrow: Int8 = 0
    for offset in 0..<left.count {
      let index = left.count - 1 - offset
      let subtrahend = offset < right.count ? Int8(right[right.count - 1 - offset]) : 0
      let difference = Int8(left[index]) - subtrahend - borrow
      borrow = difference < 0 ? 1 : 0
      left[index] = UInt8(difference + borrow * 10)
    }
    left = Array(left.drop { $0 == 0 })
  }
}
