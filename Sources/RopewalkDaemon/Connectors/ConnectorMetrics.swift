import RopewalkConnector
import RopewalkServer
import Synchronization

/// What connectors in processes of their own have recorded, as `/metrics` shows it.
///
/// Each connection's names and labels are bounded before they come here; a connector that ends and begins anew, over and
/// over, is bounded by the sum. None can make the whole unreadable: a name that would be shown twice is dropped.
final class ConnectorMetrics: Sendable {
  /// Series of all connectors together; what is beyond is dropped.
  private static let maxSeries = 10_000

  private struct Level {
    var value = 0.0
    /// Of a histogram, whose sum `value` is.
    var count = 0

    mutating func take(_ metric: HostServices.Metric) {
      count += 1
      value = metric.kind == .gauge ? metric.value : value + metric.value
    }
  }

  private struct Family {
    let kind: HostServices.Metric.Kind
    var levels: [[String: String]: Level] = [:]
  }

  private struct State {
    var families: [String: Family] = [:]
    /// All names that are shown.
    var taken: Set<String> = []
    var count = 0
  }

  private let state = Mutex(State())

  func record(_ metric: HostServices.Metric, integration: String, connection: String) {
    let own = Dictionary(metric.labels.map { (Self.label($0.key), $0.value) }) { $1 }
    let labels = own.merging(["integration": integration, "connection": connection]) { $1 }
    let name = "ropewalk_connector_" + metric.name.replacing(".", with: "_")
    state.withLock { state in
      guard state.families[name] == nil || state.families[name]?.kind == metric.kind else { return }
      if state.families[name]?.levels[labels] == nil {
        let shown = Self.shownNames(of: name, metric.kind)
        guard state.count < Self.maxSeries, state.families[name] != nil || state.taken.isDisjoint(with: shown) else { return }
        state.count += 1
        state.taken.formUnion(shown)
      }
      state.families[name, default: Family(kind: metric.kind)].levels[labels, default: Level()].take(metric)
    }
  }

  /// `ropewalk_connector_NAME` each; a histogram has its sum and its count.
  var shown: [Metric] {
    state.withLock(\.families).sorted { $0.key < $1.key }.flatMap { name, family in
      zip(Self.shownNames(of: name, family.kind), Self.values(of: family.kind)).map { shown, value in
        let samples = family.levels.map { labels, level in
          Metric.Sample(value(level), labels: labels.sorted { $0.key < $1.key }.map { (name: $0.key, value: $0.value) })
        }
        return Metric(shown, family.kind == .gauge ? .gauge : .counter, help: "Recorded by a connector.") { samples }
      }
    }
  }

  private static func shownNames(of name: String, _ kind: HostServices.Metric.Kind) -> [String] {
    switch kind {
    case .counter: [name + "_total"]
    case .gauge: [name]
    case .histogram: [name + "_sum", name + "_count"]
    }
  }

  private static func values(of kind: HostServices.Metric.Kind) -> [(Level) -> Double] {
    kind == .histogram ? [{ $0.value }, { Double($0.count) }] : [{ $0.value }]
  }

  /// As Prometheus lets labels be named: without points, and not with a digit in front.
  private static func label(_ name: String) -> String {
    let name = name.replacing(".", with: "_")
    return name.first?.isNumber == true ? "_" + name : name
  }
}
