import RopewalkConnector
import RopewalkCore
import RopewalkPlugins
import Synchronization

/// Whether a failed step is tried again:
///
/// | the error | what happens |
/// |---|---|
/// | not `recoverable` | dead letter at once |
/// | `recoverable`, kind `timeout` | dead letter at once: the step has used up its time, and the same payload would again |
/// | `recoverable`, any other kind, such as `overloaded` or `unavailable` | tried again as the policy says, then dead letter |
///
/// The customer's later messages wait behind it, because one customer's messages keep their order; other customers go on.
final class StepRetry: Sendable {
  private let backoff: Backoff
  private let generator: Mutex<SeededGenerator>

  init(policy: RetryPolicy, seed: UInt64) {
    self.backoff = Backoff(policy: policy)
    self.generator = Mutex(SeededGenerator(seed: seed))
  }

  /// The wait before the next try; nil when there is none.
  func wait(after error: LogicError, failures: Int) -> Duration? {
    guard error.recoverable, error.code.kind != .timeout else { return nil }
    return generator.withLock { backoff.wait(afterFailure: failures, using: &$0) }
  }
}
