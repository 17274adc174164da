import RopewalkConnector
import RopewalkCore
import RopewalkResources
import Synchronization

/// One destination of an integration: steps of its own, a queue, slots, retries. What is slow or fails here delays nobody else.
///
/// Customers share the slots in turns. A delivery that waits for its next attempt holds no slot. Deliveries of one
/// customer are made at once when there are slots, so they may overtake one another; with `maxInFlight: 1` only retries do.
final class Destination: Sendable {
  let name: String
  private let node: any ConnectionNode
  private let timeout: Duration
  private let backoff: Backoff
  private let generator: Mutex<SeededGenerator>
  private let ownSteps: Dispatcher?
  private let pool: WorkerPool<DeliveryQueue>
  private let watch: AttemptWatch
  private let settler: Settler
  private let stopwatch: Stopwatch

  init(_ planned: PlannedDestination, limits: RunLimits, seed: UInt64, settler: Settler, stopwatch: Stopwatch) {
    let spec = planned.spec
    let pool = WorkerPool(
      queue: DeliveryQueue(),
      maxWorkers: max(1, spec.maxInFlight),
      yieldInterval: limits.deliveryTurn,
      stopwatch: stopwatch
    )
    self.name = planned.name
    self.node = planned.node
    self.timeout = spec.connection.timeout
    self.backoff = Backoff(
      policy: spec.connection.retryPolicy,
      maxRetryAfter: max(limits.maxRetryAfter, spec.connection.retryPolicy.maxBackoff)
    )
    self.generator = Mutex(SeededGenerator(seed: seed))
    self.pool = pool
    self.watch = AttemptWatch(timeout: spec.connection.timeout, stopwatch: stopwatch)
    self.settler = settler
    self.stopwatch = stopwatch
    self.ownSteps =
      planned.steps.isEmpty
      ? nil
      : Dispatcher(
        steps: StepSequence(steps: planned.steps),
        destination: planned.name,
        limits: limits,
        seed: seed &+ 1,
        settler: settler,
        stopwatch: stopwatch
      ) { passage in
        pool.update { $0.append(Delivery(accepted: passage.accepted, message: passage.message)) }
      }
  }

  /// Takes a message that has passed the integration's steps.
  func take(_ passage: Passage) {
    var message = passage.message
    message.metadata.destination = name
    if let ownSteps {
      ownSteps.dispatch(Passage(accepted: passage.accepted, message: message))
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

  private func attempt(_ delivery: Delivery) async {
    delivery.machine.withLock { $0.attemptStarted() }
    let place = watch.begin()
    var failure: ConnectionError?
    do throws(ConnectionError) { try await node.send(delivery.message) } catch { failure = error }
    let isOverdue = watch.end(place)
    if failure != nil, isOverdue {
      failure = ConnectionError(.timeout, "no answer within \(timeout.shortText)", recoverable: true)
    } else if failure != nil, Task.isCancelled {
      // The run was stopped: the outcome is unknown, so the journal keeps the message.
      return
    }
    perform(outcome(of: delivery, failure), delivery)
  }

  private func outcome(of delivery: Delivery, _ failure: ConnectionError?) -> DeliveryStateMachine.Action {
    guard let failure else { return delivery.machine.withLock { $0.attemptSucceeded() } }
    let time = stopwatch.timestamp
    return generator.withLock { generator in
      delivery.machine.withLock { $0.attemptFailed(failure, at: time, backoff: backoff, using: &generator) }
    }
  }

  private func perform(_ action: DeliveryStateMachine.Action, _ delivery: Delivery) {
    switch action {
    case .settleDelivered:
      settler.delivered(delivery)
    case .retry(let wait):
      delivery.accepted.tally.retries.count()
      pool.update(after: wait) { $0.append(delivery) }
    case .deadLetter(let error):
      settler.failed(delivery, at: node.metadata, error)
    case .none:
      break
    }
  }
}
