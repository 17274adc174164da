import RopewalkCore
import SwiftProtobuf

extension Google_Protobuf_Duration {
  init(_ duration: Duration) {
    let (seconds, attoseconds) = duration.components
    self.init(seconds: seconds, nanos: Int32(attoseconds / 1_000_000_000))
  }
}

extension Duration {
  /// About 292 years: what is longer is taken for this, and what is negative for none.
  private static let longestSeconds: Int64 = 9_200_000_000

  init(wire: Google_Protobuf_Duration) {
    let seconds = min(max(0, wire.seconds), Self.longestSeconds)
    self = max(.zero, .seconds(seconds) + .nanoseconds(Int64(wire.nanos)))
  }
}

extension Google_Protobuf_Timestamp {
  init(_ timestamp: Timestamp) {
    let (seconds, nanoseconds) = timestamp.secondsAndNanoseconds
    self.init(seconds: seconds, nanos: nanoseconds)
  }
}

extension Timestamp {
  /// Nil when it cannot be: outside the years 1678 to 2262, or with nanoseconds that are none.
  init?(seconds: Int64, nanoseconds: Int32) {
    guard (0..<1_000_000_000).contains(nanoseconds) else { return nil }
    let (product, tooLarge) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
    let (sum, overflow) = product.addingReportingOverflow(Int64(nanoseconds))
    guard !tooLarge, !overflow else { return nil }
    self.init(nanoseconds: sum)
  }

  init?(wire: Google_Protobuf_Timestamp) {
    self.init(seconds: wire.seconds, nanoseconds: wire.nanos)
  }

  /// The nanoseconds count from the second on, before 1970 too.
  var secondsAndNanoseconds: (Int64, Int32) {
    var (seconds, rest) = nanoseconds.quotientAndRemainder(dividingBy: 1_000_000_000)
    if rest < 0 { (seconds, rest) = (seconds - 1, rest + 1_000_000_000) }
    return (seconds, Int32(rest))
  }
}
