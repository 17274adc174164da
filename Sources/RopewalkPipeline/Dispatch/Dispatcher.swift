import RopewalkCore
import RopewalkJournal
import RopewalkPlugins

/// Takes accepted messages through a sequence of steps: one customer's in order and one at a time, customers at once,
/// and fairly when there are more of them than ``RunLimits/maxActiveLanes``.
///
/// There is one in front of all destinations, and one in front of each destination that has steps of its own.
final class Dispatcher: Sendable {
  private let steps: StepSequence
  private let pool: WorkerPool<LaneSchedule<Passage>>
  private let limits: RunLimits
  private let settler: Settler
  private let stopwatch: Stopwatch
  private let retry: StepRetry
  /// The destinations that end when a message ends here; nil for all that it goes to.
  private let destination: String?
  private let onward: @Sendable (Passage) -> Void

  init(
    steps: StepSequence,
    destination: String?,
    limits: RunLimits,
    seed: UInt64,
    settler: Settler,
    stopwatch: Stopwatch,
    onward: @escaping @Sendable (Passage) -> Void
  ) {
    self.steps = steps
    self.destination = destination
    self.limits = limits
    self.settler = settler
    self.stopwatch = stopwatch
    self.retry = StepRetry(policy: limits.stepRetryPolicy, seed: seed)
    self.onward = onward
    self.pool = WorkerPool(queue: LaneSchedule(), maxWorkers: limits.maxActiveLanes, yieldInterval: 1, stopwatch: stopwatch)
  }

  /// Until when nothing happens here unless more messages come; nil while something does.
  var quietUntil: Duration? { pool.quietUntil }

  func dispatch(_ passage: Passage) {
    pool.update { $0.append(passage, for: passage.accepted.customer) }
  }

  /// Works until ``close()``.
  func run() async {
    await pool.run { await self.take($0) }
  }

  func close() {
    pool.close()
  }

  /// One customer's turn: a few messages, each through all steps.
  private func take(_ turn: LaneSchedule<Passage>.Turn) async {
    var passage = turn.element
    for _ in 1..<limits.laneTurn {
      guard await finish(&passage) else { return }
      guard let next = pool.update({ $0.next(of: turn.customer) }) else { return }
      passage = next
    }
    if await finish(&passage) { pool.update { $0.release(turn.customer) } }
  }

  /// Takes one message to its end here. Returns false when its lane has to wait for it.
  private func finish(_ passage: inout Passage) async -> Bool {
    switch await steps.run(&passage) {
    case .passed:
      onward(passage)
    case .dropped(let step):
      settler.filtered(passage, by: step, destination: destination)
    case .failed(let error, let step):
      passage.failures.append(DeadLetter.Attempt(time: stopwatch.timestamp, error: error.description))
      guard let wait = retry.wait(after: error, failures: passage.failures.count) else {
        settler.failed(passage, in: step, error, destination: destination)
        return true
      }
      passage.accepted.tally.retries.count()
      let customer = passage.accepted.customer
      pool.update(after: wait) { [passage] in $0.resume(customer, with: passage) }
      return false
    case .abandoned:
      return false
    }
    return true
  }
}
