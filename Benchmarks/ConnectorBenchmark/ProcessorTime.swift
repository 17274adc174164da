#if canImport(Glibc)
  import Glibc
  import SwiftOverlayShims
#else
  import Darwin
#endif

/// User and system time of this process.
struct ProcessorTime {
  private let microseconds: Double
  private let start = ContinuousClock.now

  static func now() -> ProcessorTime { ProcessorTime() }

  private init() {
    var usage = rusage()
    #if canImport(Glibc)
      getrusage(Int32(RUSAGE_SELF.rawValue), &usage)
    #else
      getrusage(RUSAGE_SELF, &usage)
    #endif
    microseconds =
      Double(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1e6 + Double(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec)
  }

  /// One line: how many, how many a second, microseconds of processor time for each.
  func report(_ name: String, count: Int) {
    let end = ProcessorTime.now()
    let elapsed = start.duration(to: end.start)
    let seconds = Double(elapsed.components.seconds) + Double(elapsed.components.attoseconds) * 1e-18
    let each = (end.microseconds - microseconds) / Double(max(count, 1))
    print("\(name): \(count) requests, \(Int(Double(count) / seconds))/s, \((each * 10).rounded() / 10) µs of processor time each")
  }
}
