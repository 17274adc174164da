import Logging
import RopewalkConnector
import RopewalkCore
import RopewalkResources
import Synchronization

/// Sends alerts to a destination, one after the other, with retries. What cannot be sent goes to the log.
final class AlertWebhook: Sendable {
  private struct State {
    var waiting: [Alert] = []
    /// Alerts that found the queue full.
    var dropped = 0
    var isFinished = false
  }

  private let planned: PlannedWebhook
  private let limits: RunLimits
  private let backoff: Backoff
  private let stopwatch: Stopwatch
  private let logger: Logger
  private let state = Mutex(State())
  private let wake = Signal()
  private let finished = Gate()

  init(_ planned: PlannedWebhook, limits: RunLimits, stopwatch: Stopwatch, logger: Logger) {
    self.planned = planned
    self.limits = limits
    self.backoff = Backoff(policy: planned.spec.retryPolicy, maxRetryAfter: limits.maxRetryAfter)
    self.stopwatch = stopwatch
    self.logger = logger
  }

  func take(_ alert: Alert) {
    state.withLock { state in
      if state.waiting.count < limits.maxWaitingAlerts { state.waiting.append(alert) } else { state.dropped += 1 }
    }
    wake.raise()
  }

  /// Sends until ``finish()``; what waits then is sent within a bound.
  func run() async {
    do throws(ConnectionError) {
      try await planned.node.connect(planned.spec.configuration)
    } catch {
      return logger.error("Alerts cannot be sent to their webhook", metadata: ["error": "\(error)"])
    }
    await withTaskGroup { group in
      group.addTask { await self.sendAll() }
      group.addTask {
        await self.finished.wait()
        try? await self.stopwatch.sleepAside(for: self.limits.alertGrace)
      }
      await group.next()
      group.cancelAll()
    }
    await planned.node.disconnect()
    let left = state.withLock(\.waiting.count)
    if left > 0 { logger.warning("Alerts were not sent to their webhook before the end", metadata: ["count": "\(left)"]) }
  }

  func finish() {
    state.withLock { $0.isFinished = true }
    finished.open()
    wake.raise()
  }

  private func sendAll() async {
    while !Task.isCancelled {
      let (next, dropped, isFinished) = state.withLock { state in
        defer { state.dropped = 0 }
        return (state.waiting.first, state.dropped, state.isFinished)
      }
      if dropped > 0 { logger.warning("Alerts were not sent: too many wait for their webhook", metadata: ["count": "\(dropped)"]) }
      if let next {
        guard await send(next) else { return }
        state.withLock { _ = $0.waiting.removeFirst() }
      } else if isFinished {
        return
      } else {
        await wake.wait()
      }
    }
  }

  /// Returns false when it was cancelled before there was an end.
  private func send(_ alert: Alert) async -> Bool {
    let message = Message(payload: alert.json.serialised(), contentType: "application/json")
    var generator = SystemRandomNumberGenerator()
    var failures = 0
    while !Task.isCancelled {
      do throws(ConnectionError) {
        try await planned.node.send(message)
        return true
      } catch {
        failures += 1
        guard error.recoverable,
          let wait = backoff.wait(afterFailure: failures, retryAfter: error.retryAfter, using: &generator)
        else {
          guard !Task.isCancelled else { return false }
          logger.error("An alert could not be sent to its webhook", metadata: ["attempts": "\(failures)", "error": "\(error)"])
          return true
        }
        try? await stopwatch.sleepAside(for: wait)
      }
    }
    return false
  }
}
