import RopewalkCore

/// A JSON number as `±digits × 10^exponent`, so that none of its digits is lost.
struct ExactDecimal: Sendable, Hashable {
  enum Order: Sendable { case less, equal, greater }

  private(set) var isNegative: Bool
  /// Decimal digits without zeros at either end; empty for zero.
  private(set) var digits: [UInt8]
  /// The power of ten of the last digit; 0 for zero.
  private(set) var exponent: Int

  init(_ number: JSONNumber) {
    isNegative = false
    digits = []
    exponent = 0
    var written: Int? = 0
    var afterPoint = false
    var iterator = number.literal.utf8.makeIterator()
    while let byte = iterator.next() {
      switch byte {
      case UInt8(ascii: "-"): isNegative = true
      case UInt8(ascii: "."): afterPoint = true
      case UInt8(ascii: "e"), UInt8(ascii: "E"):
        let rest = String(decoding: IteratorSequence(iterator).map { $0 }, as: UTF8.self)
        written = Int(rest) ?? (rest.hasPrefix("-") ? -Self.maxExponent : Self.maxExponent)
        iterator = "".utf8.makeIterator()
      default:
        if !(digits.isEmpty && byte == UInt8(ascii: "0")) { digits.append(byte &- 0x30) }
        if afterPoint { exponent -= 1 }
      }
    }
    exponent += max(-Self.maxExponent, min(Self.maxExponent, written ?? 0))
    while digits.last == 0 {
      digits.removeLast()
      exponent += 1
    }
    if digits.isEmpty {
      isNegative = false
      exponent = 0
    }
  }

  /// Exponents beyond this are taken for this: all such numbers compare alike, none of them is ever met.
  private static let maxExponent = 1 << 40

  var isZero: Bool { digits.isEmpty }
  var isInteger: Bool { exponent >= 0 }

  func compared(to other: ExactDecimal) -> Order {
    if isZero || other.isZero || isNegative != other.isNegative {
      let (left, right) = (sign, other.sign)
      return left == right ? .equal : left < right ? .less : .greater
    }
    let order = magnitudeCompared(to: other)
    guard isNegative else { return order }
    return order == .equal ? .equal : order == .less ? .greater : .less
  }

  private var sign: Int { isZero ? 0 : isNegative ? -1 : 1 }

  private func magnitudeCompared(to other: ExactDecimal) -> Order {
    let (top, otherTop) = (exponent + digits.count, other.exponent + other.digits.count)
    if top != otherTop { return top < otherTop ? .less : .greater }
    for index in 0..<max(digits.count, other.digits.count) {
      let left = index < digits.count ? digits[index] : 0
      let right = index < other.digits.count ? other.digits[index] : 0
      if left != right { return left < right ? .less : .greater }
    }
    return .equal
  }
}
