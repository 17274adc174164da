extension Duration {
  private static let units: [(suffix: String, nanoseconds: Int64)] = [
    ("ns", 1), ("us", 1000), ("µs", 1000), ("ms", 1_000_000), ("s", 1_000_000_000), ("m", 60_000_000_000), ("h", 3_600_000_000_000),
    ("d", 86_400_000_000_000),
  ]

  /// Parses `250ms`, `5s`, `1.5m`, `1h30m`, `30d`; nil when it is not a duration, is negative, or lacks a unit.
  public init?(parsing text: String) {
    guard !text.isEmpty else { return nil }
    var rest = text[...]
    var total = Duration.zero
    while !rest.isEmpty {
      let digits = rest.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
      rest = rest.dropFirst(digits.count)
      let suffix = rest.prefix { !$0.isNumber }
      rest = rest.dropFirst(suffix.count)
      guard let unit = Self.units.first(where: { $0.suffix == suffix }), let count = Double(digits), count.isFinite,
        count * Double(unit.nanoseconds) < 9e18
      else { return nil }
      total += .nanoseconds(Int64((count * Double(unit.nanoseconds)).rounded()))
    }
    self = total
  }

  /// Whole and fractional seconds, for arithmetic and display.
  public var seconds: Double {
    Double(components.seconds) + Double(components.attoseconds) * 1e-18
  }

  /// The shortest form that says it: `250ms`, `5s`, `2m`, `1.5s`.
  public var shortText: String {
    let nanoseconds = components.seconds * 1_000_000_000 + components.attoseconds / 1_000_000_000
    for (suffix, factor) in [("h", 3_600_000_000_000), ("m", 60_000_000_000), ("s", 1_000_000_000), ("ms", 1_000_000), ("us", 1000)]
      as [(String, Int64)]
    where nanoseconds >= factor && nanoseconds % factor == 0 {
      return "\(nanoseconds / factor)\(suffix)"
    }
    return nanoseconds >= 1_000_000 ? "\(Double(nanoseconds) / 1e9)s" : "\(nanoseconds)ns"
  }
}
