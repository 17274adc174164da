import RopewalkPipeline
import RopewalkServer

extension [CountsSnapshot] {
  /// What `/metrics` shows of integrations, none by customer: those are too many. An integration of which one run ends
  /// while another begins is shown once.
  var shownMetrics: [Metric] {
    let integrations = Dictionary(grouping: self, by: \.integration).sorted { $0.key < $1.key }.map { name, runs in
      (name: name, total: runs.reduce(Counts()) { $0 + $1.total }, alerts: runs.reduce(0) { $0 + $1.alerts })
    }
    return [
      Metric(
        "ropewalk_messages_total",
        .counter,
        help: "Pairs of message and destination by outcome; refused and duplicate are messages that were not taken."
      ) {
        integrations.flatMap { integration in
          integration.total.outcomes.map { outcome, count in
            Metric.Sample(Double(count), labels: [("integration", integration.name), ("outcome", outcome)])
          }
        }
      },
      Metric("ropewalk_messages_in_flight", .gauge, help: "Pairs of message and destination that are accepted and not settled.") {
        integrations.map { Metric.Sample(Double($0.total.inFlight), labels: [("integration", $0.name)]) }
      },
      Metric("ropewalk_alerts_total", .counter, help: "Alerts of failures that repeat.") {
        integrations.map { Metric.Sample(Double($0.alerts), labels: [("integration", $0.name)]) }
      },
    ]
  }
}

extension Counts {
  fileprivate var outcomes: [(String, Int)] {
    [
      ("accepted", accepted), ("delivered", delivered), ("filtered", filtered), ("dead-lettered", deadLettered), ("refused", refused),
      ("duplicate", duplicates),
    ]
  }
}
