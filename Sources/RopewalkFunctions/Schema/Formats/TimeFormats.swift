/// RFC 3339's dates and times, and its appendix's durations.
enum TimeFormats {
  @Sendable static func isDateTime(_ text: String) -> Bool {
    guard let separator = text.utf8.firstIndex(where: { $0 | 0x20 == UInt8(ascii: "t") }) else { return false }
    return isDate(String(text[..<separator])) && isTime(String(text[text.utf8.index(after: separator)...]))
  }

  @Sendable static func isDate(_ text: String) -> Bool {
    guard text.utf8.count == 10 else { return false }
    var scanner = DateScanner(text)
    guard let year = scanner.number(4), scanner.take("-"), let month = scanner.number(2), scanner.take("-"), let day = scanner.number(2),
      1...12 ~= month
    else { return false }
    return 1...CivilDateTime.days(inMonth: month, of: year) ~= day
  }

  @Sendable static func isTime(_ text: String) -> Bool {
    var scanner = DateScanner(text)
    guard let hour = scanner.number(2), scanner.take(":"), let minute = scanner.number(2), scanner.take(":"),
      let second = scanner.number(2),
      hour <= 23, minute <= 59, second <= 60
    else { return false }
    if scanner.take("."), scanner.fraction() == nil { return false }
    guard let offset = offset(&scanner), scanner.isAtEnd else { return false }
    // A leap second is the last of a day in UTC.
    return second < 60 || (hour * 60 + minute - offset / 60).floorRemainder(1440) == 1439
  }

  /// `Z` or `+02:00`; the colon is required here.
  private static func offset(_ scanner: inout DateScanner) -> Int? {
    if scanner.take("Z") || scanner.take("z") { return 0 }
    let isNegative = scanner.take("-")
    guard isNegative || scanner.take("+"), let hours = scanner.number(2), scanner.take(":"), let minutes = scanner.number(2), hours <= 23,
      minutes <= 59
    else { return nil }
    return (hours * 3600 + minutes * 60) * (isNegative ? -1 : 1)
  }

  /// `P1Y2M3D`, `PT4H5M6S`, both together, or `P7W`; within each half no unit may be left out between others.
  @Sendable static func isDuration(_ text: String) -> Bool {
    guard text.utf8.first == UInt8(ascii: "P") else { return false }
    let halves = text.utf8.dropFirst().split(separator: UInt8(ascii: "T"), maxSplits: 1, omittingEmptySubsequences: false)
    let date = units(halves[0])
    guard halves.count == 2 else { return date == "W" || (date.map { !$0.isEmpty && "YMD".contains($0) } ?? false) }
    guard let date, let time = units(halves[1]) else { return false }
    return "YMD".contains(date) && !time.isEmpty && "HMS".contains(time)
  }

  /// The letters of `1Y2M`; nil where digits and letters do not alternate.
  private static func units(_ text: Substring.UTF8View) -> String? {
    var letters = ""
    var rest = text
    while !rest.isEmpty {
      let digits = rest.prefix { $0.isDigit }
      rest = rest[digits.endIndex...]
      guard !digits.isEmpty, let unit = rest.popFirst() else { return nil }
      letters.unicodeScalars.append(Unicode.Scalar(unit))
    }
    return letters
  }
}
