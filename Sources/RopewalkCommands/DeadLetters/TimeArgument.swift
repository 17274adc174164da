import ArgumentParser
import RopewalkCore

/// A point in time as people write it: `2h` or `3d12h` ago, a date, or a date with a time of day in UTC.
struct TimeArgument: ExpressibleByArgument, Equatable {
  let time: Timestamp

  init?(argument: String) {
    self.init(argument, now: .now)
  }

  init?(_ text: String, now: Timestamp) {
    if let age = Self.age(text) {
      // No letter is older than 1970, however long ago it is said to be.
      time = now.advanced(by: .zero - min(age, .nanoseconds(now.nanoseconds)))
    } else if let time = Self.date(text) {
      self.time = time
    } else {
      return nil
    }
  }

  /// `90m`, `2h`, `3d`, `1d12h`, `2w`
  private static func age(_ text: String) -> Duration? {
    var rest = text[...]
    var age = Duration.zero
    for (unit, length) in [("w", Duration.seconds(7 * 86_400)), ("d", Duration.seconds(86_400))] {
      guard let end = rest.firstIndex(of: Character(unit)) else { continue }
      guard let count = Int(rest[..<end]), (0...100_000).contains(count) else { return nil }
      age += length * count
      rest = rest[rest.index(after: end)...]
    }
    if rest.isEmpty { return text.isEmpty ? nil : age }
    return Duration(parsing: String(rest)).map { age + $0 }
  }

  /// `2026-11-21`, `2026-11-21T10:15`, `2026-11-21T10:15:30Z`, `2026-11-21T10:15:30.5Z`
  private static func date(_ text: String) -> Timestamp? {
    let text = text.hasSuffix("Z") ? text.dropLast() : text[...]
    let halves = text.split(separator: text.contains("T") ? "T" : " ", omittingEmptySubsequences: false)
    guard halves.count <= 2, let days = days(halves[0]) else { return nil }
    guard let seconds = halves.count == 2 ? secondOfDay(halves[1]) : 0 else { return nil }
    return Timestamp(nanoseconds: days * 86_400_000_000_000).advanced(by: .seconds(seconds))
  }

  private static func days(_ text: Substring) -> Int64? {
    let parts = text.split(separator: "-", omittingEmptySubsequences: false)
    guard parts.map(\.utf8.count) == [4, 2, 2], let year = Int64(parts[0]), let month = Int64(parts[1]), let day = Int64(parts[2]),
      (1970...2200).contains(year), (1...12).contains(month), (1...31).contains(day)
    else { return nil }
    // Looked up in the calendar, so that there is one place that knows it; a month has at most 31 days.
    let estimate = (year - 1970) * 365 + (year - 1969) / 4 + (month - 1) * 30 + day - 3
    return (estimate...estimate + 12).first { Timestamp.civilDate(daysSinceEpoch: $0) == (year, month, day) }
  }

  private static func secondOfDay(_ text: Substring) -> Double? {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    guard (2...3).contains(parts.count), parts.allSatisfy({ $0.first?.isNumber == true }), let hour = Int(parts[0]),
      let minute = Int(parts[1]), let second = parts.count == 3 ? Double(parts[2]) : 0, (0..<24).contains(hour),
      (0..<60).contains(minute), (0..<61).contains(second)
    else { return nil }
    return Double(hour * 3600 + minute * 60) + second
  }
}
