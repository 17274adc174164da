/// A length of time with calendar parts: ISO 8601's `P1Y2M3W4DT5H6M7S`, with `-` in front to go back.
struct CalendarDuration: Sendable, Equatable {
  var months = 0
  var days = 0
  var seconds = 0

  /// The largest number of any part.
  private static let maxPart = 1_000_000_000

  /// Nil when the text is no such duration.
  init?(_ text: String) {
    var rest = text.utf8[...]
    let isNegative = rest.first == UInt8(ascii: "-")
    if isNegative { rest = rest.dropFirst() }
    guard rest.popFirst() == UInt8(ascii: "P"), !rest.isEmpty else { return nil }
    var units = "YMWD".utf8[...]
    var isTime = false
    while let next = rest.first {
      if next == UInt8(ascii: "T"), !isTime {
        rest = rest.dropFirst()
        isTime = true
        units = "HMS".utf8[...]
        guard !rest.isEmpty else { return nil }
        continue
      }
      let digits = rest.prefix { 0x30...0x39 ~= $0 }
      rest = rest[digits.endIndex...]
      guard let count = Int(Substring(digits)), count <= Self.maxPart, let unit = rest.popFirst(), let place = units.firstIndex(of: unit)
      else {
        return nil
      }
      units = units[units.index(after: place)...]
      add(isNegative ? -count : count, unit, isTime: isTime)
    }
  }

  private mutating func add(_ count: Int, _ unit: UInt8, isTime: Bool) {
    switch (unit, isTime) {
    case (UInt8(ascii: "Y"), _): months += count * 12
    case (UInt8(ascii: "M"), false): months += count
    case (UInt8(ascii: "W"), _): days += count * 7
    case (UInt8(ascii: "D"), _): days += count
    case (UInt8(ascii: "H"), _): seconds += count * 3600
    case (UInt8(ascii: "M"), true): seconds += count * 60
    default: seconds += count
    }
  }
}
