import RopewalkCore

/// What the controller knows of one integration.
struct Deployment {
  /// What runs, and the declaration that it runs by.
  var running: RunningIntegration?
  var applied: DeclaredIntegration?
  /// The object that was looked at last.
  var seenGeneration = 0
  var seenUID = ""
  /// Why the declaration is not what runs.
  var problem: IntegrationStatus.Failure?
  /// Why customers are not served as they are declared, by id.
  var customerProblems: [String: String] = [:]
  /// Whether that was written at them.
  var hasReportedCustomers = false
  /// When it is tried again.
  var retryAt: Duration?
  /// The runs that broke in a row.
  var breaks = 0
  var startedAt: Duration = .zero

  /// Whether its object was changed since it was looked at.
  func isNews(generation: Int, uid: String) -> Bool {
    generation != seenGeneration || uid != seenUID
  }

  /// A run has broken. Returns the wait before the next; having worked for longer than the longest wait, it starts anew.
  mutating func broke(at now: Duration, _ limits: IntegrationLimits) -> Duration {
    breaks = now - startedAt > limits.maxRestartWait ? 1 : breaks + 1
    return min(limits.maxRestartWait, limits.minRestartWait * (1 << min(breaks - 1, 16)))
  }
}
