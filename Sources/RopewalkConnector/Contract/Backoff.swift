import RopewalkCore

/// The waits between attempts: each longer than the one before by a factor, up to a bound, a share of it random.
package struct Backoff: Sendable, Equatable {
  package var policy: RetryPolicy
  /// The longest wait that a peer can ask for.
  package var maxRetryAfter: Duration

  package init(policy: RetryPolicy, maxRetryAfter: Duration = .zero) {
    self.policy = policy
    self.maxRetryAfter = maxRetryAfter
  }

  /// The wait before the next attempt; nil when all retries are used up.
  ///
  /// A peer's `retryAfter` lengthens the wait, up to ``maxRetryAfter``, and never shortens it.
  /// - Parameter failure: how many attempts have failed, from 1.
  package func wait(
    afterFailure failure: Int,
    retryAfter: Duration? = nil,
    using generator: inout some RandomNumberGenerator
  ) -> Duration? {
    guard failure <= policy.maxRetries else { return nil }
    let longest = policy.maxBackoff.seconds
    var seconds = min(policy.initialBackoff.seconds, longest)
    for _ in 1..<max(failure, 1) where seconds < longest {
      seconds = min(seconds * max(policy.backoffMultiplier, 1), longest)
    }
    let jitter = min(max(policy.jitter, 0), 1)
    let factor = jitter == 0 ? 1 : Double.random(in: 1 - jitter...1 + jitter, using: &generator)
    let wait = min(seconds * factor, longest)
    guard let retryAfter else { return .seconds(wait) }
    // Later than asked is polite, earlier is not.
    let asked = min(retryAfter, maxRetryAfter).seconds * (1 + abs(factor - 1))
    return .seconds(max(wait, asked))
  }
}
