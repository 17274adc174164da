package import RopewalkConnector

/// The bounds of one run that the integration file does not name; those that it names are in `PipelineLimits`.
///
/// No queue inside the run needs a bound of its own: whatever waits anywhere is an accepted message that is in memory,
/// and `PipelineLimits.memory` bounds those.
package struct RunLimits: Sendable, Equatable {
  /// Customers whose messages are in steps at once; others wait for a turn. Default 1,024.
  package var maxActiveLanes = 1024
  /// Messages that a customer's lane takes through the steps before it lets others in. Default 32.
  package var laneTurn = 32
  /// Deliveries that a worker makes before it lets other work in. Default 32.
  package var deliveryTurn = 32
  /// How steps are tried again; see `StepRetry`.
  package var stepRetryPolicy = RetryPolicy()
  /// The longest wait that a destination can ask for with `retryAfter`. Default 5 min.
  package var maxRetryAfter: Duration = .seconds(300)
  /// The wait before a connector that is away is asked again, where it does not say when. Default 1 s.
  package var absentConnectorWait: Duration = .seconds(1)
  /// The shortest such wait. Default 10 ms.
  package var leastAbsentConnectorWait: Duration = .milliseconds(10)
  /// Pairs that are settled with one call of the journal. Default 1,024.
  package var maxSettleBatch = 1024
  /// First and longest wait before the journal is tried again. Default 100 ms to 10 s.
  package var storageBackoff = RetryPolicy(maxRetries: .max, initialBackoff: .milliseconds(100), maxBackoff: .seconds(10), jitter: 0)
  /// Customers with counts of their own; further ones are counted together. Default 1,000.
  package var maxCountedCustomers = 1000
  /// Kinds of failure (stage and code) that are told apart; further codes of a stage are one kind. Default 1,000.
  package var maxAlertSubjects = 1000
  /// Alerts that wait for their webhook; further ones are only logged. Default 100.
  package var maxWaitingAlerts = 100
  /// How long the end of a run waits for alerts that are still on their way to their webhook. Default 5 s.
  package var alertGrace: Duration = .seconds(5)
  /// Messages that are read from the journal at a time. Default 256.
  package var journalPage = 256
  /// Replays of dead letters that are in memory at once, of all customers. Default 1,024.
  package var maxReplaysInMemory = 1024
  /// How often replays are looked for; nil only at the start. Default 1 s.
  package var replayInterval: Duration?
  /// How often a drain looks whether it is of any use to wait. Default 100 ms.
  package var drainCheck: Duration = .milliseconds(100)
  /// How long one connection may take to close. Default 10 s.
  package var disconnectTimeout: Duration = .seconds(10)

  package init(replayInterval: Duration? = .seconds(1)) {
    self.replayInterval = replayInterval
  }
}
