import RopewalkConnector
import RopewalkServer
import Synchronization

/// What connectors in processes of their own have recorded, as `/metrics` shows it.
///
/// Each connection's names and labels are bounded before they come here; a connector that ends and begins anew, over and
/// over, is bounded by the sum.
final class ConnectorMetrics: Sendable {
  /// Series of all connectors together; what is beyond is dropped.
  private static let maxSeries = 10_000

  private struct Name: Hashable, Comparable {
    var name: String
    var kind: HostServices.Metric.Kind

    static func < (left: Name, right: Name) -> Bool { left.name < right.name }
  }

  private struct Level {
    var value = 0.0
    /// Of a histogram, whose sum `value` is.
    var count = 0

    mutating func take(_ metric: HostServices.Metric) {
      count += 1
      value = metric.kind == .gauge ? metric.value : value + metric.value
    }
  }

  private struct State {
    var series: [Name: [[String: String]: Level]] = [:]
    var count = 0
  }

  private let state = Mutex(State())

  func record(_ metric: HostServices.Metric, integration: String, connection: String) {
    let labels = metric.labels.merging(["integration": integration, "connection": connection]) { $1 }
    state.withLock { state in
      let name = Name(name: metric.name, kind: metric.kind)
      if state.series[name]?[labels] == nil {
        guard state.count < Self.maxSeries else { return }
        state.count += 1
      }
      state.series[name, default: [:]][labels, default: Level()].take(metric)
    }
  }

  /// `ropewalk_connector_NAME` each; a histogram has its sum and its count.
  var shown: [Metric] {
    let series = state.withLock(\.series)
    return series.sorted { $0.key < $1.key }.flatMap { name, levels in
      let shown = "ropewalk_connector_" + name.name.replacing(".", with: "_")
      func metric(_ suffix: String, _ kind: Metric.Kind, _ value: @escaping @Sendable (Level) -> Double) -> Metric {
        let samples = levels.map { labels, level in
          Metric.Sample(value(level), labels: labels.sorted { $0.key < $1.key }.map { (name: $0.key, value: $0.value) })
        }
        return Metric(shown + suffix, kind, help: "Recorded by a connector as \(name.name).") { samples }
      }
      return switch name.kind {
      case .counter: [metric("_total", .counter) { $0.value }]
      case .gauge: [metric("", .gauge) { $0.value }]
      case .histogram: [metric("_sum", .counter) { $0.value }, metric("_count", .counter) { Double($0.count) }]
      }
    }
  }
}
