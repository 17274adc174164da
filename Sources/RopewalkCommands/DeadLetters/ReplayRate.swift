import ArgumentParser
import RopewalkPipeline

/// How fast dead letters are sent again: `50/s`, `600/m`, or `unlimited`.
struct ReplayRate: ExpressibleByArgument, Equatable {
  /// Nil for no limit.
  let perSecond: Double?

  static let standard = ReplayRate(perSecond: ReplayLimits.rate)

  /// From one a day.
  private static let range = 1 / 86_400.0...1_000_000

  private init(perSecond: Double?) {
    self.perSecond = perSecond
  }

  init?(argument: String) {
    if argument == "unlimited" {
      perSecond = nil
      return
    }
    let parts = argument.split(separator: "/", omittingEmptySubsequences: false)
    let seconds: Double? =
      switch parts.count == 2 ? parts[1] : "s" {
      case "s": 1
      case "m": 60
      case "h": 3600
      default: nil
      }
    guard parts.count <= 2, let count = Double(parts[0]), let seconds, Self.range.contains(count / seconds) else { return nil }
    perSecond = count / seconds
  }

  var defaultValueDescription: String { "100/s" }
}
