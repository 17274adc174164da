import RopewalkCore
import Synchronization

/// Up to a number of tasks that work off a queue. Idle ones are parked; more are added as work comes.
///
/// Handing work over costs one task switch when a worker is parked and none while workers are busy.
final class WorkerPool<Queue: WorkQueue>: Sendable {
  typealias Work = Queue.Work

  /// What ``run(_:)`` is asked to start, because only it may add child tasks.
  struct Orders {
    var workers = 0
    /// When each of the bells rings first.
    var bells: [Duration] = []
    var isEmpty: Bool { workers == 0 && bells.isEmpty }
  }

  struct State {
    var queue: Queue
    var workers = 0
    var parked: [CheckedContinuation<Work?, Never>] = []
    var orders = Orders()
    var alarms = AlarmTable<Queue>()
    var foreman: CheckedContinuation<Void, Never>?
    var isClosed = false
  }

  /// Who goes on once the lock is released.
  struct Calls {
    var handovers: [(CheckedContinuation<Work?, Never>, Work)] = []
    var foreman: CheckedContinuation<Void, Never>?

    func make() {
      for (worker, work) in handovers { worker.resume(returning: work) }
      foreman?.resume()
    }
  }

  let stopwatch: Stopwatch
  private let state: Mutex<State>
  private let maxWorkers: Int
  /// Pieces of work after which a worker lets other tasks run.
  private let yieldInterval: Int

  init(queue: Queue, maxWorkers: Int, yieldInterval: Int, stopwatch: Stopwatch) {
    self.state = Mutex(State(queue: queue))
    self.maxWorkers = maxWorkers
    self.yieldInterval = yieldInterval
    self.stopwatch = stopwatch
  }

  /// Changes the queue, and starts a worker on what became ready.
  /// - Precondition: `change` makes at most one more piece of work ready.
  func update<Result>(_ change: (inout Queue) -> Result) -> Result {
    withState { state, calls in
      let result = change(&state.queue)
      handOut(&state, &calls)
      return result
    }
  }

  /// Changes the queue, and starts workers on all that became ready.
  func updateMany<Result>(_ change: (inout Queue) -> Result) -> Result {
    withState { state, calls in
      let result = change(&state.queue)
      handOutAll(&state, &calls)
      return result
    }
  }

  /// Whoever is called goes on after `body`.
  func withState<Result>(_ body: (inout State, inout Calls) -> Result) -> Result {
    var calls = Calls()
    let result = state.withLock { body(&$0, &calls) }
    calls.make()
    return result
  }

  /// Gives one piece of work to a worker that is parked, or orders a worker for it.
  func handOut(_ state: inout State, _ calls: inout Calls) {
    if !handOver(&state, &calls) { orderWorkerIfNeeded(&state, &calls) }
  }

  /// The same with all that is ready.
  func handOutAll(_ state: inout State, _ calls: inout Calls) {
    while handOver(&state, &calls) {}
    while orderWorkerIfNeeded(&state, &calls) {}
  }

  /// - Returns: false where no work is ready or no worker is parked.
  private func handOver(_ state: inout State, _ calls: inout Calls) -> Bool {
    guard !state.parked.isEmpty, let work = take(&state) else { return false }
    calls.handovers.append((state.parked.removeLast(), work))
    return true
  }

  /// - Returns: false where none is needed.
  @discardableResult
  private func orderWorkerIfNeeded(_ state: inout State, _ calls: inout Calls) -> Bool {
    guard state.queue.hasWork, state.workers < maxWorkers, !state.isClosed else { return false }
    state.workers += 1
    state.orders.workers += 1
    stopwatch.beginWork()
    callForeman(&state, &calls)
    return true
  }

  /// There are new orders.
  func callForeman(_ state: inout State, _ calls: inout Calls) {
    if let foreman = state.foreman.take() { calls.foreman = foreman }
  }

  /// Looks at the queue.
  func read<Result>(_ body: (Queue) -> Result) -> Result {
    state.withLock { body($0.queue) }
  }

  /// Until when nothing happens here unless more work comes: nil while someone works, far off when nothing is to come.
  var quietUntil: Duration? {
    state.withLock { state in
      guard state.workers == state.parked.count, !state.queue.hasWork else { return nil }
      return state.alarms.next ?? .seconds(Int64.max)
    }
  }

  /// Works until ``close()``. Cancel only together with it.
  func run(_ work: @escaping @Sendable (Work) async -> Void) async {
    await withDiscardingTaskGroup { group in
      while let orders = await nextOrders() {
        for _ in 0..<orders.workers { group.addTask { await self.serve(work) } }
        for deadline in orders.bells { group.addTask { await self.ring(from: deadline) } }
      }
      group.cancelAll()
    }
  }

  /// Stops now: parked workers end, busy ones are cancelled, waiting work stays undone.
  func close() {
    let (parked, foreman) = state.withLock { state in
      state.isClosed = true
      defer { state.parked = [] }
      return (state.parked, state.foreman.take())
    }
    for worker in parked { worker.resume(returning: nil) }
    foreman?.resume()
  }

  private func nextOrders() async -> Orders? {
    while true {
      let (orders, isClosed) = state.withLock { state in
        defer { state.orders = Orders() }
        return (state.orders, state.isClosed)
      }
      if isClosed { return nil }
      if !orders.isEmpty { return orders }
      await withCheckedContinuation { continuation in
        let goesOn = state.withLock { state in
          if state.isClosed || !state.orders.isEmpty { return true }
          state.foreman = continuation
          return false
        }
        if goesOn { continuation.resume() }
      }
    }
  }

  private func serve(_ work: @Sendable (Work) async -> Void) async {
    var next = state.withLock { take(&$0) }
    // The order for this worker counted as work until it had its own.
    stopwatch.endWork()
    if next == nil { next = await park() }
    var count = 0
    while let piece = next {
      await work(piece)
      count += 1
      if count % yieldInterval == 0 { await Task.yield() }
      if Task.isCancelled {
        retire(after: piece)
        stopwatch.endWork()
        return
      }
      next = takeNext(after: piece)
      stopwatch.endWork()
      if next == nil { next = await park() }
    }
    retire()
  }

  /// The worker's next piece of work. More may have become ready by what it did; then another worker gets that.
  private func takeNext(after piece: Work) -> Work? {
    withState { state, calls in
      state.queue.finished(piece)
      let next = take(&state)
      if next != nil, state.queue.hasWork { handOut(&state, &calls) }
      return next
    }
  }

  private func take(_ state: inout State) -> Work? {
    guard !state.isClosed, let work = state.queue.next() else { return nil }
    stopwatch.beginWork()
    return work
  }

  private func park() async -> Work? {
    await withCheckedContinuation { continuation in
      let (work, isClosed) = state.withLock { state -> (Work?, Bool) in
        if let work = take(&state) { return (work, false) }
        if !state.isClosed { state.parked.append(continuation) }
        return (nil, state.isClosed)
      }
      if work != nil || isClosed { continuation.resume(returning: work) }
    }
  }

  /// A worker whose task was cancelled to end an overdue attempt is replaced when there is work for another.
  private func retire(after piece: Work? = nil) {
    withState { state, calls in
      if let piece { state.queue.finished(piece) }
      state.workers -= 1
      orderWorkerIfNeeded(&state, &calls)
    }
  }
}
