/// How long things took, in buckets that are at most a sixteenth of their value wide; from 1 µs to about 18 minutes, beyond in the last.
///
/// The buckets are log-linear as in HdrHistogram: each power of two is cut into sixteen equal parts.
package struct LatencyHistogram: Sendable, Equatable {
  private static let partBits = 4
  private static let parts = 1 << partBits
  private static let powers = 26

  private var buckets = [UInt64](repeating: 0, count: parts * (powers + 1))
  package private(set) var count: UInt64 = 0
  /// Exact.
  package private(set) var max = Duration.zero

  package init() {}

  package mutating func record(_ latency: Duration) {
    buckets[Self.bucket(of: latency)] += 1
    count += 1
    max = Swift.max(max, latency)
  }

  package mutating func merge(_ other: LatencyHistogram) {
    for index in buckets.indices { buckets[index] += other.buckets[index] }
    count += other.count
    max = Swift.max(max, other.max)
  }

  /// The latency that the given share (0 to 1) of all stayed within; nil when nothing was recorded.
  package func quantile(_ share: Double) -> Duration? {
    guard count > 0 else { return nil }
    let rank = Swift.max(1, UInt64((Double(count) * Swift.min(Swift.max(share, 0), 1)).rounded(.up)))
    var seen: UInt64 = 0
    for (index, bucket) in buckets.enumerated() {
      seen += bucket
      if seen >= rank { return Swift.min(Self.upperBound(of: index), max) }
    }
    return max
  }

  private static func bucket(of latency: Duration) -> Int {
    let (seconds, attoseconds) = latency.components
    let limit = (1 << (partBits + powers)) - 1
    let microseconds =
      seconds >= Int64(limit / 1_000_000) ? limit : Swift.max(0, Int(seconds * 1_000_000 + attoseconds / 1_000_000_000_000))
    guard microseconds >= parts else { return microseconds }
    let power = Int.bitWidth - 1 - microseconds.leadingZeroBitCount - partBits
    return (power + 1) * parts + (microseconds >> power) - parts
  }

  private static func upperBound(of bucket: Int) -> Duration {
    guard bucket >= parts else { return .microseconds(bucket + 1) }
    let power = bucket / parts - 1
    return .microseconds((bucket % parts + parts + 1) << power)
  }
}
