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
    var (seconds, nanoseconds) = timestamp.nanoseconds.quotientAndRemainder(dividingBy: 1_000_000_000)
    if nanoseconds < 0 { (seconds, nanoseconds) = (seconds - 1, nanoseconds + 1_000_000_000) }
    self.init(seconds: seconds, nanos: Int32(nanoseconds))
  }
}

extension Timestamp {
  /// Nil when it cannot be: outside the years 1678 to 2262, or with nanoseconds that are none.
  init?(wire: Google_Protobuf_Timestamp) {
    guard (0..<1_000_000_000).contains(wire.nanos) else { return nil }
    let (product, tooLarge) = wire.seconds.multipliedReportingOverflow(by: 1_000_000_000)
    let (sum, overflow) = product.addingReportingOverflow(Int64(wire.nanos))
    guard !tooLarge, !overflow else { return nil }
    self.init(nanoseconds: sum)
  }
}
