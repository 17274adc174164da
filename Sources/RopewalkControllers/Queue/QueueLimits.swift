/// The bounds of a ``KeyedQueue``. How many keys wait needs none: a key waits once, and a key is an object of the store.
package struct QueueLimits: Sendable, Equatable {
  /// The wait after the first failure; each further one doubles it. Default 10 ms.
  package var minBackoff: Duration = .milliseconds(10)
  /// The longest wait after failures. Default 5 min.
  package var maxBackoff: Duration = .seconds(300)

  package init() {}

  /// The wait after so many failures in a row.
  func backoff(afterFailures failures: Int) -> Duration {
    // Beyond 2^32 every least wait is longer than every longest one.
    min(maxBackoff, minBackoff * (1 << min(max(failures - 1, 0), 32)))
  }
}
