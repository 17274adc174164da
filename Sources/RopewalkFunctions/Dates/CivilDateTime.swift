import RopewalkCore

/// A date and time of day as people write it, with or without a time zone offset. Years 1 to 9999.
struct CivilDateTime: Sendable, Equatable {
  var year: Int
  var month: Int
  var day: Int
  var hour = 0
  var minute = 0
  var second = 0
  var nanosecond = 0
  /// Seconds east of UTC; nil where none is written.
  var offset: Int?
  /// Only a date was written.
  var isDateOnly = false

  init(year: Int, month: Int, day: Int) {
    self.year = year
    self.month = month
    self.day = day
  }

  /// Nil outside the years 1 to 9999.
  init?(epochSeconds: Int, nanosecond: Int = 0, offset: Int = 0) {
    let (local, overflow) = epochSeconds.addingReportingOverflow(offset)
    guard !overflow, (-62_135_596_800..<253_402_300_800).contains(local) else { return nil }
    let days = local.floorQuotient(86_400)
    let date = Timestamp.civilDate(daysSinceEpoch: Int64(days))
    self.init(year: Int(date.year), month: Int(date.month), day: Int(date.day))
    let secondOfDay = local - days * 86_400
    hour = secondOfDay / 3600
    minute = secondOfDay / 60 % 60
    second = secondOfDay % 60
    self.nanosecond = nanosecond
    self.offset = offset
  }

  /// Every field within its range, the day within its month. A leap second counts as the second before it.
  var isValid: Bool {
    1...9999 ~= year && 1...12 ~= month && day >= 1 && day <= Self.days(inMonth: month, of: year) && 0...23 ~= hour && 0...59 ~= minute
      && 0...60 ~= second
  }

  /// Seconds since 1970 in UTC; without an offset, the time counts as UTC.
  var epochSeconds: Int {
    daysSinceEpoch * 86_400 + hour * 3600 + minute * 60 + min(second, 59) - (offset ?? 0)
  }

  /// 0 is Sunday.
  var weekday: Int { (daysSinceEpoch + 4).floorRemainder(7) }

  /// The inverse of ``Timestamp/civilDate(daysSinceEpoch:)``, after the same author.
  private var daysSinceEpoch: Int {
    let shiftedYear = month <= 2 ? year - 1 : year
    let era = shiftedYear.floorQuotient(400)
    let yearOfEra = shiftedYear - era * 400
    let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
    return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
  }

  static func days(inMonth month: Int, of year: Int) -> Int {
    switch month {
    case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
    case 4, 6, 9, 11: 30
    default: 31
    }
  }

  /// The same instant seen from another offset; nil where it leaves the years 1 to 9999.
  func moved(to offset: Int) -> CivilDateTime? {
    CivilDateTime(epochSeconds: epochSeconds, nanosecond: nanosecond, offset: offset)
  }

  /// Adds months by the calendar (a day that the month has not becomes its last), then days and seconds.
  func advanced(by duration: CalendarDuration) -> CivilDateTime? {
    var result = self
    let months = year * 12 + month - 1 + duration.months
    result.year = months.floorQuotient(12)
    result.month = months.floorRemainder(12) + 1
    guard 1...9999 ~= result.year else { return nil }
    result.day = min(day, Self.days(inMonth: result.month, of: result.year))
    guard duration.days != 0 || duration.seconds != 0 else { return result }
    let moved = CivilDateTime(
      epochSeconds: result.epochSeconds + duration.days * 86_400 + duration.seconds,
      nanosecond: nanosecond,
      offset: offset ?? 0
    )
    guard var moved else { return nil }
    moved.offset = offset
    moved.isDateOnly = isDateOnly && duration.seconds == 0
    return moved
  }
}

extension Int {
  func floorQuotient(_ divisor: Int) -> Int {
    let quotient = self / divisor
    return self % divisor < 0 ? quotient - 1 : quotient
  }

  func floorRemainder(_ divisor: Int) -> Int { self - floorQuotient(divisor) * divisor }
}
