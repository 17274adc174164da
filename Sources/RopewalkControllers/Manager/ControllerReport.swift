package import RopewalkResources

/// What a controller has done since it was registered.
package struct ControllerMetrics: Sendable, Equatable {
  /// Reconciliations that ended, well or not.
  package var reconciles = 0
  package var failures = 0
  /// Those that asked to be asked again.
  package var requeues = 0
  /// The time that all of them took.
  package var time: Duration = .zero
  package var longest: Duration = .zero
  /// Objects that the controller was found to write for ever.
  package var loops = 0
  /// Times that another took its place.
  package var swaps = 0

  package init() {}
}

/// What a controller has done, and what waits for it.
package struct ControllerLoad: Sendable {
  package var name: String
  package var metrics: ControllerMetrics
  /// Objects that wait for their turn, are being reconciled, and wait for a time.
  package var ready: Int
  package var working: Int
  package var delayed: Int
}

/// A controller at one moment.
package struct ControllerReport: Sendable {
  package enum Phase: String, Sendable { case running = "Running", stopped = "Stopped", changing = "Changing" }

  package var name: String
  package var kinds: [ResourceCollection]
  package var phase: Phase
  package var metrics: ControllerMetrics
  /// Objects that wait for their turn, are being reconciled, and wait for a time.
  package var ready: Int
  package var working: Int
  package var delayed: Int
  /// The controller's own figures.
  package var own: [String: Double]
  package var health: ReconcilerHealth
  /// The last failure, with its object; nil when the last reconciliation of that object went well.
  package var lastFailure: String?
}
