/// A number of bytes, written `512`, `64Ki`, `128Mi`, `1Gi` or with decimal units `k`, `M`, `G`.
public struct ByteCount: Sendable, Hashable, Comparable, CustomStringConvertible {
  public var bytes: Int

  public init(_ bytes: Int) {
    self.bytes = bytes
  }

  public static func kibibytes(_ count: Int) -> ByteCount { ByteCount(count << 10) }
  public static func mebibytes(_ count: Int) -> ByteCount { ByteCount(count << 20) }

  private static let units: [(suffix: String, factor: Int)] = [
    ("Ki", 1 << 10), ("Mi", 1 << 20), ("Gi", 1 << 30), ("k", 1000), ("M", 1_000_000), ("G", 1_000_000_000), ("B", 1), ("", 1),
  ]

  /// Parses a size; nil when it is not one, is negative, or does not fit.
  public init?(parsing text: String) {
    guard let unit = Self.units.first(where: { text.hasSuffix($0.suffix) }) else { return nil }
    guard let count = Int(text.dropLast(unit.suffix.count)), count >= 0 else { return nil }
    let (bytes, overflow) = count.multipliedReportingOverflow(by: unit.factor)
    guard !overflow else { return nil }
    self.bytes = bytes
  }

  public var description: String {
    for (suffix, factor) in [("Gi", 1 << 30), ("Mi", 1 << 20), ("Ki", 1 << 10)] where bytes >= factor && bytes % factor == 0 {
      return "\(bytes / factor)\(suffix)"
    }
    return String(bytes)
  }

  public static func < (left: ByteCount, right: ByteCount) -> Bool { left.bytes < right.bytes }
}
