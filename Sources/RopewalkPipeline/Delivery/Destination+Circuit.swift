import Logging
import RopewalkConnector
import RopewalkCore
import Synchronization

/// What answers and failures tell the circuit breaker, and what it then does.
extension Destination {
  /// Tells the circuit breaker. Returns false when the circuit was not closed, so that the attempt does not count: the
  /// message waits as if it had not been made.
  func countFailure(_ attempt: DeliveryQueue.Attempt, _ failure: ConnectionError) -> Bool {
    let now = stopwatch.elapsed
    let customer = attempt.delivery.accepted.customer
    // Whoever cannot be reached cannot be reached for anyone.
    let othersAreAnswered = failure.code != .connectionFailed && answers.withLock { $0.hasAnswers(otherThan: customer, at: now) }
    let (wasClosed, change) = pool.update { queue in
      guard let state = queue.breaker?.state else { return (true, CircuitBreaker.Change?.none) }
      let change = queue.breaker?.attemptFailed(
        isProbe: attempt.isProbe,
        at: now,
        of: customer,
        othersAreAnswered: othersAreAnswered
      )
      if state != .closed {
        attempt.delivery.machine.withLock { $0.attemptVoided() }
        queue.postpone(attempt.delivery)
      }
      isTroubled.store(true, ordering: .relaxed)
      return (state == .closed, change)
    }
    if let change { perform(change, failure) }
    return wasClosed
  }

  func countAnswer(isProbe: Bool) {
    let change = pool.updateMany { queue in
      let change = queue.breaker?.attemptAnswered(isProbe: isProbe)
      isTroubled.store(queue.breaker?.isUntroubled == false, ordering: .relaxed)
      return change
    }
    if let change { perform(change, nil) }
  }

  private func perform(_ change: CircuitBreaker.Change, _ failure: ConnectionError?) {
    switch change {
    case .opened(let wait):
      logger.warning(
        "A destination fails: its circuit is open, messages for it wait",
        metadata: [
          "ropewalk.destination": "\(name)", "ropewalk.wait": "\(wait.shortText)", "error": "\(failure?.description ?? "")",
        ]
      )
      let stopwatch = stopwatch
      pool.update(after: wait, makesManyReady: true) { $0.breaker?.timePassed(at: stopwatch.elapsed) }
    case .closed:
      logger.notice("A destination answers again: its circuit is closed", metadata: ["ropewalk.destination": "\(name)"])
    }
  }
}
