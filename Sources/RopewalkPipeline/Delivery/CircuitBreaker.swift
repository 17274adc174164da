import RopewalkConnector
import RopewalkResources

/// Whether a destination is worth an attempt. Time comes in as a parameter.
///
/// Closed, everything is attempted. A number of failures in a row that are the destination's, within a window, open it:
/// nothing is attempted for a time. Failures of one customer's messages alone do not, while others' are answered.
/// Then it is half open: a few probes are attempted; when all of them get an answer it
/// closes, and the first that gets none opens it again. See `docs/guide/delivery.md`.
struct CircuitBreaker: Sendable {
  enum State: Sendable, Equatable {
    case closed
    case open(until: Duration)
    case halfOpen
  }

  enum Change: Equatable {
    case opened(for: Duration)
    case closed
  }

  private let policy: CircuitBreakerPolicy
  private(set) var state = State.closed
  private var failures = 0
  private var firstFailure = Duration.zero
  /// Whose messages fail; nil when those of several customers do.
  private var failingCustomer: String?
  private var probesStarted = 0
  private var probesAnswered = 0

  init(_ policy: CircuitBreakerPolicy) {
    self.policy = policy
  }

  var allowsAttempt: Bool {
    switch state {
    case .closed: true
    case .open: false
    case .halfOpen: probesStarted < policy.probes
    }
  }

  /// Whether an answer would change nothing.
  var isUntroubled: Bool { state == .closed && failures == 0 }

  /// Returns whether the attempt is a probe.
  mutating func attemptStarted() -> Bool {
    guard state == .halfOpen else { return false }
    probesStarted += 1
    return true
  }

  /// The attempt was not made, or says nothing of the destination; another one may be a probe in its place.
  mutating func attemptVoided(isProbe: Bool) {
    if isProbe, state == .halfOpen { probesStarted -= 1 }
  }

  /// The destination answered, whatever it said of the message.
  mutating func attemptAnswered(isProbe: Bool) -> Change? {
    switch state {
    case .closed:
      failures = 0
      return nil
    case .halfOpen where isProbe:
      probesAnswered += 1
      guard probesAnswered >= policy.probes else { return nil }
      failures = 0
      state = .closed
      return .closed
    case .halfOpen, .open:
      return nil
    }
  }

  /// The destination did not answer, or said that it cannot work.
  /// - Parameter othersAreAnswered: whether other customers' messages are, so that the failures may be this one's own.
  mutating func attemptFailed(
    isProbe: Bool,
    at now: Duration,
    of customer: String = "",
    othersAreAnswered: Bool = false
  ) -> Change? {
    switch state {
    case .closed:
      if failures == 0 || now - firstFailure > policy.window {
        failures = 0
        firstFailure = now
        failingCustomer = customer
      }
      failures += 1
      if failingCustomer != customer { failingCustomer = nil }
      guard failures >= policy.failures, failingCustomer == nil || !othersAreAnswered else { return nil }
      return open(at: now)
    case .halfOpen where isProbe:
      return open(at: now)
    case .halfOpen, .open:
      return nil
    }
  }

  /// The time to be open is over.
  mutating func timePassed(at now: Duration) {
    guard case .open(let until) = state, now >= until else { return }
    state = .halfOpen
    probesStarted = 0
    probesAnswered = 0
  }

  private mutating func open(at now: Duration) -> Change {
    state = .open(until: now + policy.openFor)
    return .opened(for: policy.openFor)
  }
}

extension ConnectionError {
  /// Whether the destination is to blame, not the message: it is not there, does not answer, or cannot work.
  var isOfDestination: Bool { recoverable && code != .rateLimited && code != .cancelled }
}
