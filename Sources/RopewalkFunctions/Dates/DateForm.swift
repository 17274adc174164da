/// How a date is written: one of the common forms, or a pattern.
enum DateForm: Sendable {
  /// Reads a date, a date and time as RFC 3339 has it, seconds or milliseconds since 1970.
  case auto
  case rfc3339
  case date
  case epoch
  case epochMilliseconds
  case pattern(DatePattern)

  /// Nil when the text is neither a form's name nor a pattern.
  init?(_ text: String) {
    switch text {
    case "auto": self = .auto
    case "rfc3339": self = .rfc3339
    case "date": self = .date
    case "epoch": self = .epoch
    case "epoch-ms": self = .epochMilliseconds
    default:
      guard let pattern = DatePattern(text) else { return nil }
      self = .pattern(pattern)
    }
  }

  /// Nil when the text is not of this form, or no date.
  func parse(_ text: String) -> CivilDateTime? {
    let parsed: CivilDateTime? =
      switch self {
      case .auto: Self.parseISO(text) ?? Self.parseEpoch(text, milliseconds: text.utf8.count > 11)
      case .rfc3339: Self.parseISO(text).flatMap { $0.isDateOnly || $0.offset == nil ? nil : $0 }
      case .date: Self.parseISO(text).flatMap { $0.isDateOnly ? $0 : nil }
      case .epoch: Self.parseEpoch(text, milliseconds: false)
      case .epochMilliseconds: Self.parseEpoch(text, milliseconds: true)
      case .pattern(let pattern): pattern.parse(text)
      }
    return parsed.flatMap { $0.isValid ? $0 : nil }
  }

  func format(_ time: CivilDateTime) -> String {
    switch self {
    case .auto: time.isDateOnly ? Self.formatDate(time) : Self.formatDateTime(time)
    case .rfc3339: Self.formatDateTime(time)
    case .date: Self.formatDate(time)
    case .epoch: String(time.epochSeconds)
    case .epochMilliseconds: String(time.epochSeconds * 1000 + time.nanosecond / 1_000_000)
    case .pattern(let pattern): pattern.format(time)
    }
  }

  /// Whether what is written is a number.
  var isNumeric: Bool {
    switch self {
    case .epoch, .epochMilliseconds: true
    default: false
    }
  }

  /// `2026-11-21`, or with `T10:15`, `:30`, `.123` and an offset behind it.
  private static func parseISO(_ text: String) -> CivilDateTime? {
    var scanner = DateScanner(text)
    guard let year = scanner.number(4), scanner.take("-"), let month = scanner.number(2), scanner.take("-"), let day = scanner.number(2)
    else { return nil }
    var time = CivilDateTime(year: year, month: month, day: day)
    if scanner.isAtEnd {
      time.isDateOnly = true
      return time
    }
    guard scanner.take("T") || scanner.take("t") || scanner.take(" "), let hour = scanner.number(2), scanner.take(":"),
      let minute = scanner.number(2)
    else { return nil }
    (time.hour, time.minute) = (hour, minute)
    if scanner.take(":") {
      guard let second = scanner.number(2) else { return nil }
      time.second = second
      if scanner.take(".") || scanner.take(",") {
        guard let fraction = scanner.fraction() else { return nil }
        time.nanosecond = fraction
      }
    }
    if !scanner.isAtEnd {
      guard let offset = scanner.offset(), scanner.isAtEnd else { return nil }
      time.offset = offset
    }
    return time
  }

  private static func parseEpoch(_ text: String, milliseconds: Bool) -> CivilDateTime? {
    guard let count = Int(text), !text.hasPrefix("+") else { return nil }
    guard milliseconds else { return CivilDateTime(epochSeconds: count) }
    return CivilDateTime(epochSeconds: count.floorQuotient(1000), nanosecond: count.floorRemainder(1000) * 1_000_000)
  }

  private static func formatDate(_ time: CivilDateTime) -> String {
    "\(padded(time.year, 4))-\(padded(time.month, 2))-\(padded(time.day, 2))"
  }

  private static func formatDateTime(_ time: CivilDateTime) -> String {
    let fraction = time.nanosecond == 0 ? "" : "." + padded(time.nanosecond / 1_000_000, 3)
    return formatDate(time) + "T\(padded(time.hour, 2)):\(padded(time.minute, 2)):\(padded(time.second, 2))" + fraction
      + offsetText(time.offset ?? 0, colon: true, zulu: true)
  }

  static func padded(_ value: Int, _ width: Int) -> String {
    let text = String(value)
    return text.utf8.count >= width ? text : String(repeating: "0", count: width - text.utf8.count) + text
  }

  static func offsetText(_ offset: Int, colon: Bool, zulu: Bool) -> String {
    if offset == 0, zulu { return "Z" }
    let minutes = abs(offset) / 60
    return (offset < 0 ? "-" : "+") + padded(minutes / 60, 2) + (colon ? ":" : "") + padded(minutes % 60, 2)
  }
}
