import RopewalkControllers
import RopewalkCore
import RopewalkServer

extension ControllerManager {
  /// What `/metrics` shows of the controllers.
  var shownMetrics: [Metric] {
    [
      metric("ropewalk_controller_reconciles_total", .counter, "Reconciliations that ended.") { Double($0.metrics.reconciles) },
      metric("ropewalk_controller_failures_total", .counter, "Reconciliations that failed.") { Double($0.metrics.failures) },
      metric("ropewalk_controller_reconcile_seconds_total", .counter, "Time that reconciliations took.") { $0.metrics.time.seconds },
      metric("ropewalk_controller_loops_total", .counter, "Objects that a controller was found to write for ever.") {
        Double($0.metrics.loops)
      },
      metric("ropewalk_controller_ready", .gauge, "Objects that wait to be reconciled.") { Double($0.ready) },
      metric("ropewalk_controller_working", .gauge, "Objects that are being reconciled.") { Double($0.working) },
      metric("ropewalk_controller_delayed", .gauge, "Objects that are reconciled later.") { Double($0.delayed) },
    ]
  }

  private func metric(
    _ name: String,
    _ kind: Metric.Kind,
    _ help: String,
    _ value: @escaping @Sendable (ControllerLoad) -> Double
  ) -> Metric {
    Metric(name, kind, help: help) { [weak self] in
      (self?.loads ?? []).map { Metric.Sample(value($0), labels: [("controller", $0.name)]) }
    }
  }
}
