/// Keeps what a connector records to a bounded number of series.
struct MetricBounds: Sendable {
  private var labelValues: [String: [String: Set<String>]] = [:]
  private let limits: RemoteLimits
  private static let other = "other"
  /// In characters.
  private static let longestName = 100

  init(_ limits: RemoteLimits) {
    self.limits = limits
  }

  /// The metric as it may be recorded. Nil when its name or number cannot be, or there are too many metrics already.
  mutating func bound(_ metric: HostServices.Metric) -> HostServices.Metric? {
    guard Self.isName(metric.name), metric.value.isFinite, metric.labels.count <= limits.metricLabels,
      metric.labels.keys.allSatisfy(Self.isName), labelValues[metric.name] != nil || labelValues.count < limits.metrics
    else { return nil }
    var bounded = metric
    var seen = labelValues[metric.name] ?? [:]
    for (label, value) in metric.labels {
      // The names of labels are bounded as their values are.
      guard seen[label] != nil || seen.count < limits.metricLabels else { return nil }
      if seen[label, default: []].contains(value) { continue }
      if value.utf8.count <= Self.longestName, seen[label, default: []].count < limits.metricLabelValues {
        seen[label, default: []].insert(value)
      } else {
        bounded.labels[label] = Self.other
      }
    }
    labelValues[metric.name] = seen
    return bounded
  }

  private static func isName(_ text: String) -> Bool {
    (1...longestName).contains(text.utf8.count)
      && text.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x7a).contains($0 | 0x20) || $0 == 0x5f || $0 == 0x2e }
  }
}
