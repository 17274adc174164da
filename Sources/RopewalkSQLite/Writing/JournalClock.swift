import RopewalkCore

/// The time by which a journal forgets ids and removes letters.
///
/// It is the civil time when the journal is opened and then grows as a monotonic clock does, so that a civil clock that is
/// set, back or on, changes nothing while the process runs. Over restarts it never goes back: a civil clock that was set
/// back meanwhile is passed over, and what waits only waits longer.
struct JournalClock: Sendable {
  private let stopwatch: Stopwatch
  private let start: Int64

  /// - Parameter last: the last time that the journal has written down.
  init(_ stopwatch: Stopwatch, after last: Int64) {
    self.stopwatch = stopwatch
    let elapsed = stopwatch.elapsed.wholeNanoseconds
    self.start = max(stopwatch.timestamp.nanoseconds, last) - elapsed
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
