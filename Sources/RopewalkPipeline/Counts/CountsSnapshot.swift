/// The counts of one integration at one moment.
package struct CountsSnapshot: Sendable {
  package var integration: String
  /// Since the run was made, for rates: the difference of two snapshots' counts over the difference of this.
  package var elapsed: Duration
  package var total: Counts
  /// By customer; `*` are those beyond ``RunLimits/maxCountedCustomers``, and the empty name messages without a customer.
  package var customers: [String: Counts]
  /// From accepted to delivered, of all that was delivered; replays of dead letters count from when they were taken up.
  package var latency: LatencyHistogram
  /// Alerts raised since the run was made.
  package var alerts: Int
  /// What keeps the integration from working just now, in plain words.
  package var faults: [String]
  /// The connections that do not work just now, such as `outgoing.erp`.
  package var degraded: [String]
  /// The circuit breakers of the destinations that have one.
  package var circuits: [String: CircuitState]
  /// What the sandbox of the connectors does not hold on this machine, and what helps; nil where none has a sandbox.
  package var sandboxShortfalls: [String]?
}

package enum CircuitState: String, Sendable {
  case closed, open
  case halfOpen = "half-open"
}

extension CircuitBreaker.State {
  var summary: CircuitState {
    switch self {
    case .closed: .closed
    case .open: .open
    case .halfOpen: .halfOpen
    }
  }
}
