import RopewalkConnector
import RopewalkCore
import RopewalkJournal

/// One pair of message and destination, from the first attempt to its end.
struct DeliveryStateMachine: Sendable {
  enum State: Equatable {
    /// For a slot, or for the time of the next attempt.
    case waiting
    case sending
    case delivered
    case deadLettered
  }

  enum Action {
    case settleDelivered
    case retry(after: Duration)
    case deadLetter(ConnectionError)
    /// The event does not fit the state and changes nothing.
    case none
  }

  private(set) var state = State.waiting
  /// In their order, those of earlier runs included.
  private(set) var failures: [DeadLetter.Attempt]

  init(failures: [DeadLetter.Attempt] = []) {
    self.failures = failures
  }

  /// Attempts that have ended.
  var attempts: Int { failures.count + (state == .delivered ? 1 : 0) }

  mutating func attemptStarted() {
    if state == .waiting { state = .sending }
  }

  mutating func attemptSucceeded() -> Action {
    guard state == .sending else { return .none }
    state = .delivered
    return .settleDelivered
  }

  /// The attempt failed while the circuit was not closed, or was not made: it does not count.
  mutating func attemptVoided() {
    if state == .sending { state = .waiting }
  }

  mutating func attemptFailed(
    _ error: ConnectionError,
    at time: Timestamp,
    backoff: Backoff,
    using generator: inout some RandomNumberGenerator
  ) -> Action {
    guard state == .sending else { return .none }
    failures.append(DeadLetter.Attempt(time: time, error: error.description))
    if error.recoverable, let wait = backoff.wait(afterFailure: failures.count, retryAfter: error.retryAfter, using: &generator) {
      state = .waiting
      return .retry(after: wait)
    }
    state = .deadLettered
    return .deadLetter(error)
  }
}
