import RopewalkCore

/// The time by which a journal forgets ids and removes letters.
///
/// It is the civil time when the journal is opened and then grows as a monotonic clock does, so that a civil clock that is
/// set, back or on, changes nothing while the process runs. Over restarts it never goes back, and never far ahead at once: a
/// civil clock that was set back meanwhile is passed over, and so is one that is further ahead than anybody is away. What
/// waits only waits longer.
struct JournalClock: Sendable {
  /// No civil clock counts as far ahead below that: 30 days.
  static let leastLeap: Duration = .seconds(30 * 86_400)

  private let stopwatch: Stopwatch
  private let start: Int64
  /// How far, in whole hours, a civil clock is ahead that was passed over; nil when it was not.
  let leap: Duration?

  /// - Parameters:
  ///   - last: the last time that the journal has written down; 0 when there is none.
  ///   - retention: the longest time after which something is removed. A civil clock that is further ahead than that, and
  ///     than ``leastLeap``, would have all of it removed at once.
  init(_ stopwatch: Stopwatch, after last: Int64, retention: Duration) {
    self.stopwatch = stopwatch
    let elapsed = stopwatch.elapsed.wholeNanoseconds
    let civil = stopwatch.timestamp.nanoseconds
    let isFarAhead = last > 0 && civil - last > max(retention, Self.leastLeap).wholeNanoseconds
    self.leap = isFarAhead ? .seconds((civil - last) / 3_600_000_000_000 * 3600) : nil
    self.start = (isFarAhead ? last : max(civil, last)) - elapsed
  }

  /// The civil time as it is now, for what people read.
  var civilTime: Int64 { stopwatch.timestamp.nanoseconds }

  /// Nanoseconds since 1970.
  var now: Int64 { start + stopwatch.elapsed.wholeNanoseconds }
}

extension Duration {
  var wholeNanoseconds: Int64 {
    let (seconds, attoseconds) = components
    let (product, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
    return overflow ? .max / 2 : product + attoseconds / 1_000_000_000
  }
}
