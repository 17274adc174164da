public import RopewalkCore

extension Timestamp {
  /// Reads RFC 3339, such as `2026-11-21T10:15:30Z` or `2026-11-21T11:15:30.123456+01:00`; nil when the text is not that.
  public init?(rfc3339 text: String) {
    var reader = DigitReader(text)
    guard let year = reader.number(4), reader.take("-"), let month = reader.number(2), reader.take("-"), let day = reader.number(2),
      reader.take("T") || reader.take("t"), let hour = reader.number(2), reader.take(":"), let minute = reader.number(2),
      reader.take(":"), let second = reader.number(2), 1...12 ~= month, 1...31 ~= day, hour < 24, minute < 60, second <= 60
    else { return nil }
    let fraction = reader.take(".") ? reader.fraction() : 0
    guard let fraction, let offset = reader.offset(), reader.isAtEnd, 1678...2261 ~= year else { return nil }
    let days = Self.daysSinceEpoch(year: year, month: month, day: day)
    guard Self.civilDate(daysSinceEpoch: days) == (year, month, day) else { return nil }
    let seconds = days * 86_400 + hour * 3600 + minute * 60 + min(second, 59) - offset
    self.init(nanoseconds: seconds * 1_000_000_000 + fraction)
  }

  /// RFC 3339 in UTC with whole seconds, as the envelope of an object has it: `2026-11-21T10:15:30Z`.
  public var rfc3339Seconds: String { String(description.prefix(19)) + "Z" }

  /// RFC 3339 in UTC with microseconds, as events and leases have it: `2026-11-21T10:15:30.123456Z`.
  public var rfc3339Microseconds: String {
    let microseconds = (nanoseconds % 1_000_000_000 + 1_000_000_000) % 1_000_000_000 / 1000
    let digits = String(microseconds)
    return String(description.prefix(19)) + "." + String(repeating: "0", count: 6 - digits.utf8.count) + digits + "Z"
  }

  /// Without the part of a second.
  package var wholeSeconds: Timestamp {
    let part = (nanoseconds % 1_000_000_000 + 1_000_000_000) % 1_000_000_000
    return Timestamp(nanoseconds: nanoseconds - part)
  }

  /// The inverse of ``civilDate(daysSinceEpoch:)``, after the same author.
  private static func daysSinceEpoch(year: Int64, month: Int64, day: Int64) -> Int64 {
    let shiftedYear = month <= 2 ? year - 1 : year
    let era = shiftedYear / 400
    let yearOfEra = shiftedYear - era * 400
    let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
    return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
  }
}

/// Takes a text of fixed fields apart.
private struct DigitReader {
  private var rest: Substring.UTF8View

  init(_ text: String) {
    rest = text[...].utf8
  }

  var isAtEnd: Bool { rest.isEmpty }

  mutating func take(_ character: Unicode.Scalar) -> Bool {
    guard rest.first == UInt8(ascii: character) else { return false }
    rest = rest.dropFirst()
    return true
  }

  mutating func number(_ count: Int) -> Int64? {
    let digits = rest.prefix(count)
    guard digits.count == count, digits.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
    rest = rest.dropFirst(count)
    return digits.reduce(0) { $0 * 10 + Int64($1 - 0x30) }
  }

  /// Digits behind the point, in nanoseconds; what is finer is dropped.
  mutating func fraction() -> Int64? {
    let digits = rest.prefix { (0x30...0x39).contains($0) }
    guard !digits.isEmpty else { return nil }
    rest = rest.dropFirst(digits.count)
    var value: Int64 = 0
    for digit in Array(digits.prefix(9)) + Array(repeating: 0x30, count: max(0, 9 - digits.count)) {
      value = value * 10 + Int64(digit - 0x30)
    }
    return value
  }

  /// Seconds east of UTC.
  mutating func offset() -> Int64? {
    if take("Z") || take("z") { return 0 }
    let isWest = take("-")
    guard isWest || take("+"), let hours = number(2), take(":"), let minutes = number(2), hours < 24, minutes < 60 else { return nil }
    return (hours * 3600 + minutes * 60) * (isWest ? -1 : 1)
  }
}
