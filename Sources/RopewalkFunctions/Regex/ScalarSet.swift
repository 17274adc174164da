/// A set of Unicode scalars: what stands between brackets, or an escape such as `\d`.
struct ScalarSet: Hashable {
  private var ranges: [ClosedRange<UInt32>] = []
  private var properties: [Property] = []
  private var isNegated = false
  /// Membership of the ASCII characters, one bit each, known once the set is finished.
  private var asciiLow: UInt64 = 0
  private var asciiHigh: UInt64 = 0

  struct Property: Hashable {
    var property: UnicodeProperty
    var isNegated: Bool
  }

  init(_ ranges: [ClosedRange<UInt32>] = []) {
    self.ranges = ranges
  }

  mutating func insert(_ range: ClosedRange<UInt32>) { ranges.append(range) }

  mutating func insert(_ property: UnicodeProperty, negated: Bool) {
    properties.append(Property(property: property, isNegated: negated))
  }

  mutating func formUnion(_ other: ScalarSet) {
    if other.isNegated {
      ranges.append(contentsOf: other.complement())
    } else {
      ranges.append(contentsOf: other.ranges)
      properties.append(contentsOf: other.properties)
    }
  }

  /// Sorts, merges and indexes the set; nothing is added afterwards.
  func finished(negated: Bool = false) -> ScalarSet {
    var set = self
    set.isNegated = isNegated != negated
    set.ranges = Self.merged(ranges)
    // Each is asked for each character: none twice, so that their number is Unicode's and not the pattern's.
    var seen: Set<Property> = []
    set.properties = properties.filter { seen.insert($0).inserted }
    for code in 0..<UInt32(128) where set.search(code) {
      if code < 64 { set.asciiLow |= 1 << UInt64(code) } else { set.asciiHigh |= 1 << UInt64(code - 64) }
    }
    return set
  }

  @inline(__always) func contains(_ code: UInt32) -> Bool {
    if code < 64 { return asciiLow >> UInt64(code) & 1 == 1 }
    if code < 128 { return asciiHigh >> UInt64(code - 64) & 1 == 1 }
    return search(code)
  }

  private func search(_ code: UInt32) -> Bool {
    var low = 0
    var high = ranges.count
    while low < high {
      let middle = (low + high) / 2
      if ranges[middle].upperBound < code { low = middle + 1 } else { high = middle }
    }
    if low < ranges.count, ranges[low].contains(code) { return !isNegated }
    guard !properties.isEmpty, let scalar = Unicode.Scalar(code) else { return isNegated }
    return properties.contains { $0.property.contains(scalar) != $0.isNegated } != isNegated
  }

  /// The ranges outside a set that has no properties.
  private func complement() -> [ClosedRange<UInt32>] {
    var gaps: [ClosedRange<UInt32>] = []
    var next: UInt32 = 0
    for range in Self.merged(ranges) {
      if range.lowerBound > next { gaps.append(next...range.lowerBound - 1) }
      next = range.upperBound + 1
    }
    if next <= 0x10FFFF { gaps.append(next...0x10FFFF) }
    return gaps
  }

  private static func merged(_ ranges: [ClosedRange<UInt32>]) -> [ClosedRange<UInt32>] {
    var merged: [ClosedRange<UInt32>] = []
    for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) {
      if let last = merged.last, range.lowerBound <= last.upperBound + 1 {
        merged[merged.count - 1] = last.lowerBound...max(last.upperBound, range.upperBound)
      } else {
        merged.append(range)
      }
    }
    return merged
  }
}

extension ScalarSet {
  /// `\d`: ASCII digits only.
  static let digits = ScalarSet([0x30...0x39])
  /// `\w`: ASCII letters, digits and `_`.
  static let wordCharacters = ScalarSet([0x30...0x39, 0x41...0x5A, 0x5F...0x5F, 0x61...0x7A])
  /// `\s`: ECMA-262's WhiteSpace and LineTerminator.
  static let whiteSpace = ScalarSet([
    0x09...0x0D, 0x20...0x20, 0xA0...0xA0, 0x1680...0x1680, 0x2000...0x200A, 0x2028...0x2029, 0x202F...0x202F, 0x205F...0x205F,
    0x3000...0x3000, 0xFEFF...0xFEFF,
  ])
  /// What `.` does not match.
  static let lineTerminators = ScalarSet([0x0A...0x0A, 0x0D...0x0D, 0x2028...0x2029])
}
