/// A count or a level that `/metrics` shows; read whenever somebody asks.
package struct Metric: Sendable {
  package enum Kind: String, Sendable { case counter, gauge }

  package struct Sample: Sendable {
    /// Labels have few values: of objects only integrations and controllers, no customers, no ids.
    package var labels: [(name: String, value: String)]
    package var value: Double

    package init(_ value: Double, labels: [(name: String, value: String)] = []) {
      self.labels = labels
      self.value = value
    }
  }

  /// `ropewalk_api_requests_total`
  package var name: String
  package var help: String
  package var kind: Kind
  package var samples: @Sendable () -> [Sample]

  package init(_ name: String, _ kind: Kind, help: String, samples: @escaping @Sendable () -> [Sample]) {
    self.name = name
    self.kind = kind
    self.help = help
    self.samples = samples
  }
}

extension Metric {
  /// Prometheus' text format, version 0.0.4.
  static func text(of metrics: [Metric]) -> String {
    metrics.map { metric in
      let samples = metric.samples().map { "\(metric.name)\(labels($0.labels)) \(number($0.value))\n" }
      return "# HELP \(metric.name) \(metric.help)\n# TYPE \(metric.name) \(metric.kind.rawValue)\n" + samples.joined()
    }.joined()
  }

  private static func labels(_ labels: [(name: String, value: String)]) -> String {
    guard !labels.isEmpty else { return "" }
    return "{" + labels.map { "\($0.name)=\"\(escaped($0.value))\"" }.joined(separator: ",") + "}"
  }

  private static func escaped(_ text: String) -> String {
    text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
  }

  private static func number(_ value: Double) -> String {
    value == value.rounded() && abs(value) < 1e15 ? String(Int64(value)) : String(value)
  }
}
