/// Keeps a controller that fails again and again from taking the processor: after a number of failures in a row it rests,
/// each time twice as long, and then tries one object.
struct ControllerBreaker {
  struct Limits: Sendable, Equatable {
    /// Failures in a row, of whatever objects, after which the controller rests. Default 5.
    var failures = 5
    /// The first rest, and the longest. Default 1 s and 5 min.
    var firstRest: Duration = .seconds(1)
    var longestRest: Duration = .seconds(300)
  }

  private let limits: Limits
  private var failures = 0
  private var rest: Duration
  private var restsUntil: Duration?
  /// One call is under way to see whether it works again.
  private var isTrying = false
  /// What the last failure said.
  private(set) var reason: String?

  init(_ limits: Limits = Limits()) {
    self.limits = limits
    self.rest = limits.firstRest
  }

  /// Whether it rests, or is being tried after a rest.
  var isOpen: Bool { restsUntil != nil }

  /// How long a call must wait; nil when it may be made.
  mutating func admit(at now: Duration) -> Duration? {
    guard let restsUntil else { return nil }
    if now < restsUntil { return restsUntil - now }
    guard !isTrying else { return limits.firstRest }
    isTrying = true
    return nil
  }

  mutating func succeeded() {
    failures = 0
    rest = limits.firstRest
    restsUntil = nil
    isTrying = false
    reason = nil
  }

  mutating func failed(_ reason: String, at now: Duration) {
    failures += 1
    self.reason = reason
    isTrying = false
    guard failures >= limits.failures else { return }
    restsUntil = now + rest
    rest = min(rest * 2, limits.longestRest)
  }
}
