import Logging
import RopewalkConnector
import RopewalkCore
import RopewalkJournal
import RopewalkResources
import Synchronization

/// One destination of an integration: steps of its own, a queue, slots, retries. What is slow or fails here delays nobody else.
///
/// Customers share the slots in turns. A delivery that waits for its next attempt holds no slot. Deliveries of one
/// customer are made at once when there are slots, so they may overtake one another, unless the integration keeps an order.
final class Destination: Sendable {
  let name: String
  /// In the plan.
  private let place: Int
  private let planned: PlannedDestination
  private let timeout: Duration
  private let backoff: Backoff
  private let generator: Mutex<SeededGenerator>
  private let ownSteps: Dispatcher?
  /// What ``ownSteps`` takes messages through; nil when it has none.
  let sequence: StepSequence?
  let pool: WorkerPool<DeliveryQueue>
  private let watch: AttemptWatch
  /// Whether each end must be told to the queue, because an order is kept.
  private let keepsOrder: Bool
  let answers = Mutex(RecentAnswers())
  /// Whether an answer matters to the circuit breaker.
  let isTroubled = Atomic(false)
  let logger: Logger
  private let limits: RunLimits
  private let faults: Faults
  private let settler: Settler
  let stopwatch: Stopwatch

  init(
    _ planned: PlannedDestination,
    place: Int,
    ordering: Ordering,
    limits: RunLimits,
    seed: UInt64,
    faults: Faults,
    settler: Settler,
    stopwatch: Stopwatch,
    logger: Logger
  ) {
    let spec = planned.spec
    let slots = max(1, spec.maxInFlight)
    let pool = WorkerPool(
      queue: DeliveryQueue(ordering: ordering, breaker: spec.circuitBreaker.map(CircuitBreaker.init), slots: slots),
      maxWorkers: slots,
      yieldInterval: limits.deliveryTurn,
      stopwatch: stopwatch
    )
    self.name = planned.name
    self.place = place
    self.planned = planned
    self.timeout = spec.connection.timeout
    self.backoff = Backoff(
      policy: spec.connection.retryPolicy,
      maxRetryAfter: max(limits.maxRetryAfter, spec.connection.retryPolicy.maxBackoff)
    )
    self.generator = Mutex(SeededGenerator(seed: seed))
    self.pool = pool
    self.keepsOrder = ordering != .none
    self.logger = logger
    self.watch = AttemptWatch(timeout: spec.connection.timeout, stopwatch: stopwatch)
    self.limits = limits
    self.faults = faults
    self.settler = settler
    self.stopwatch = stopwatch
    let sequence = planned.steps.isEmpty ? nil : StepSequence(steps: planned.steps)
    self.sequence = sequence
    self.ownSteps = sequence.map { sequence in
      Dispatcher(
        steps: sequence,
        destination: planned.name,
        limits: limits,
        seed: seed &+ 1,
        settler: settler,
        stopwatch: stopwatch
      ) { passage in
        pool.update { $0.append(Delivery(accepted: passage.accepted, message: passage.message)) }
      }
    }
  }

  /// The state of its circuit breaker; nil when it has none.
  var circuit: CircuitBreaker.State? { pool.read { $0.breaker?.state } }

  /// Until when nothing happens here unless more messages come; nil while something does.
  var quietUntil: Duration? {
    guard let own = ownSteps.map(\.quietUntil) ?? Duration.seconds(Int64.max), let deliveries = pool.quietUntil else { return nil }
    return min(own, deliveries)
  }

  /// Takes a message that has passed the integration's steps.
  func take(_ passage: Passage) {
    var message = passage.message
    message.metadata.destination = name
    if let ownSteps {
      ownSteps.dispatch(
        Passage(accepted: passage.accepted, message: message, nextStep: passage.firstOwnStep, steps: passage.ownSteps)
      )
    } else {
      let delivery = Delivery(accepted: passage.accepted, message: message)
      pool.update { $0.append(delivery) }
    }
  }

  /// Works until ``close()``.
  func run() async {
    await withDiscardingTaskGroup { group in
      group.addTask { await self.watch.run() }
      if let ownSteps { group.addTask { await ownSteps.run() } }
      await pool.run { await self.attempt($0) }
      group.cancelAll()
    }
  }

  func close() {
    ownSteps?.close()
    pool.close()
    watch.close()
  }

  private func attempt(_ attempt: DeliveryQueue.Attempt) async {
    await make(attempt)
    if attempt.isAlone { pool.updateMany { $0.endAlone() } }
  }

  private func make(_ attempt: DeliveryQueue.Attempt) async {
    let delivery = attempt.delivery
    delivery.machine.withLock { $0.attemptStarted() }
    let place = watch.begin()
    var failure: ConnectionError?
    do throws(ConnectionError) { try await planned.node.send(delivery.message) } catch { failure = error.redacted(by: planned.redact) }
    let isOverdue = watch.end(place)
    if let failed = failure, isOverdue, failed.attempt != .notMade {
      failure = ConnectionError(.timeout, "'\(name)' gave no answer within \(timeout.shortText)", recoverable: true)
    } else if failure != nil, !isOverdue, Task.isCancelled {
      // The run was stopped: the outcome is unknown, so the journal keeps the message.
      return
    }
    if let failure {
      if !counts(failure, of: attempt) { return waitForConnector(attempt, failure) }
    } else {
      faults.clear(.destination(name))
    }
    if failure?.attempt == .interrupted {
      // A message that ends its connector says nothing of what is behind that.
      pool.update { $0.breaker?.attemptVoided(isProbe: attempt.isProbe) }
    } else if let failure, failure.isOfDestination {
      guard countFailure(attempt, failure) else { return }
    } else {
      let now = stopwatch.elapsed
      answers.withLock { $0.note(delivery.accepted.customer, at: now) }
      if isTroubled.load(ordering: .relaxed) || attempt.isProbe { countAnswer(isProbe: attempt.isProbe) }
    }
    perform(outcome(of: delivery, failure), delivery, isSuspect: failure?.attempt == .interrupted)
  }

  private func counts(_ failure: ConnectionError, of attempt: DeliveryQueue.Attempt) -> Bool {
    switch failure.attempt {
    case .made: true
    case .notMade: false
    // What the connector had alone when it went away is most likely why.
    case .interrupted: attempt.isAlone
    }
  }

  /// The connector is away: the message waits as if nothing had been attempted, and all others with it.
  private func waitForConnector(_ attempt: DeliveryQueue.Attempt, _ failure: ConnectionError) {
    if failure.attempt == .notMade { faults.report(.destination(name), failure.message) }
    let begins = pool.update { queue in
      attempt.delivery.machine.withLock { $0.attemptVoided() }
      queue.breaker?.attemptVoided(isProbe: attempt.isProbe)
      // One that was to be attempted alone still is, when the connector has not come back by then.
      if failure.attempt == .interrupted || attempt.isAlone { queue.suspect(attempt.delivery) }
      queue.putBack(attempt.delivery)
      return queue.pause()
    }
    guard begins else { return }
    let wait = min(failure.retryAfter ?? limits.absentConnectorWait, limits.maxRetryAfter)
    pool.update(after: max(wait, limits.leastAbsentConnectorWait), makesManyReady: true) { $0.resume() }
  }

  private func outcome(of delivery: Delivery, _ failure: ConnectionError?) -> DeliveryStateMachine.Action {
    guard let failure else { return delivery.machine.withLock { $0.attemptSucceeded() } }
    let time = stopwatch.timestamp
    return generator.withLock { generator in
      delivery.machine.withLock { $0.attemptFailed(failure, at: time, backoff: backoff, using: &generator) }
    }
  }

  private func perform(_ action: DeliveryStateMachine.Action, _ delivery: Delivery, isSuspect: Bool) {
    switch action {
    case .settleDelivered:
      settler.delivered(delivery, at: place)
    case .retry(let wait):
      delivery.accepted.tally.retries.count()
      logger.debug(
        "An attempt to deliver failed; there will be another",
        metadata: [
          "ropewalk.destination": "\(name)", "ropewalk.customer": "\(delivery.accepted.customer)",
          "ropewalk.message": "\(delivery.accepted.original.id)", "ropewalk.wait": "\(wait.shortText)",
          "error": "\(delivery.machine.withLock(\.failures.last?.error) ?? "")",
        ]
      )
      settler.failed(delivery)
      let keepsOrder = keepsOrder
      return pool.update(after: wait) { queue in
        if isSuspect { queue.suspect(delivery) }
        if keepsOrder { queue.putBack(delivery) } else { queue.append(delivery) }
      }
    case .deadLetter(let error):
      settler.failed(delivery, at: planned.node.metadata, error)
    case .none:
      return
    }
    if keepsOrder { pool.update { $0.ended(delivery) } }
  }
}
