#if canImport(Glibc)
  import Glibc
  import SwiftOverlayShims
#else
  import Darwin
#endif

/// What work costs, apart from what else the machine does meanwhile.
package enum ProcessorTime {
  /// Processor time that the calling thread spends in `body`.
  package static func spent(_ body: () throws -> Void) rethrows -> Duration {
    let start = now
    try body()
    return now - start
  }

  private static var now: Duration {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
  }
}
