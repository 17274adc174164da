import RopewalkCore

/// The times by which a journal removes letters and forgets ids.
///
/// Both are the civil time when the journal is opened and then grow as a monotonic clock does, so that a civil clock that is
/// set, back or on, changes nothing while the process runs. Over restarts neither goes back: a civil clock that was set back
/// meanwhile is passed over. ``now``, for letters, passes over one that is further ahead than anybody is away, too: a letter that
/// waits longer harms nobody. ``windowTime``, for ids, does not: an id that is remembered too long has a message refused.
struct JournalClock: Sendable {
  /// No civil clock counts as far ahead below that: 30 days.
  static let leastLeap: Duration = .seconds(30 * 86_400)

  private let stopwatch: Stopwatch
  private let start: Int64
  private let windowStart: Int64
  /// How far, in whole hours, a civil clock is ahead that was passed over; nil when it was not.
  let leap: Duration?

  /// - Parameters:
  ///   - last: the last time that the journal has written down; 0 when there is none.
  ///   - lastID: the time of the last id; 0 when there is none.
  ///   - retention: the longest time after which a letter or a settled message is removed. A civil clock that is further ahead
  ///     than that, and than ``leastLeap``, would have all of them removed at once.
  init(_ stopwatch: Stopwatch, after last: Int64, lastID: Int64, retention: Duration) {
    self.stopwatch = stopwatch
    let elapsed = stopwatch.elapsed.wholeNanoseconds
    let civil = stopwatch.timestamp.nanoseconds
    let isFarAhead = last > 0 && civil - last > max(retention, Self.leastLeap).wholeNanoseconds
    self.leap = isFarAhead ? .seconds((civil - last) / 3_600_000_000_000 * 3600) : nil
    self.start = (isFarAhead ? last : max(civil, last)) - elapsed
    self.windowStart = max(civil, last, lastID) - elapsed
  }

  /// The civil time as it is now, for what people read.
  var civilTime: Int64 { stopwatch.timestamp.nanoseconds }

  /// Nanoseconds since 1970.
  var now: Int64 { start + stopwatch.elapsed.wholeNanoseconds }
  /// Nanoseconds since 1970.
  var windowTime: Int64 { windowStart + stopwatch.elapsed.wholeNanoseconds }
}

extension Duration {
  var wholeNanoseconds: Int64 {
    let (seconds, attoseconds) = components
    let (product, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
    return overflow ? .max / 2 : product + attoseconds / 1_000_000_000
  }
}
