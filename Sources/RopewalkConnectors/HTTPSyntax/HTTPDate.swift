import RopewalkCore

/// Dates as HTTP writes them: `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110, 5.6.7).
enum HTTPDate {
  private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
  private static let weekdays = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]

  /// The point in time; nil when the text has another form.
  static func parse(_ text: String) -> Timestamp? {
    let words = text.split(separator: " ")
    guard words.count == 6, words[0].hasSuffix(","), words[5] == "GMT", let day = Int64(words[1]), 1...31 ~= day,
      let month = months.firstIndex(of: String(words[2])), let year = Int64(words[3]), 1970...2200 ~= year
    else { return nil }
    let clock = words[4].split(separator: ":", omittingEmptySubsequences: false).map { Int64($0) }
    guard clock.count == 3, let hour = clock[0], let minute = clock[1], let second = clock[2], 0..<24 ~= hour, 0..<60 ~= minute,
      0...60 ~= second
    else { return nil }
    let days = daysSinceEpoch(year: year, month: Int64(month) + 1, day: day)
    return Timestamp(nanoseconds: (days * 86_400 + hour * 3600 + minute * 60 + second) * 1_000_000_000)
  }

  /// The text of a point in time after 1970, whole seconds.
  static func text(of time: Timestamp) -> String {
    let weekday = weekdays[Int(time.nanoseconds / 86_400_000_000_000 % 7)]
    let iso = time.description
    func part(_ start: Int, _ length: Int) -> String { String(decoding: iso.utf8.dropFirst(start).prefix(length), as: UTF8.self) }
    let month = months[(Int(part(5, 2)) ?? 1) - 1]
    return "\(weekday), \(part(8, 2)) \(month) \(part(0, 4)) \(part(11, 8)) GMT"
  }

  /// After Howard Hinnant's "chrono-compatible low-level date algorithms".
  private static func daysSinceEpoch(year: Int64, month: Int64, day: Int64) -> Int64 {
    let shiftedYear = month <= 2 ? year - 1 : year
    let era = shiftedYear / 400
    let yearOfEra = shiftedYear - era * 400
    let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
    return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
  }
}
