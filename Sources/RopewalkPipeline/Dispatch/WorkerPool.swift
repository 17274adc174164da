import RopewalkCore
import Synchronization

/// Up to a number of tasks that work off a queue. Idle ones are parked; more are added as work comes.
///
/// Handing work over costs one task switch when a worker is parked and none while workers are busy.
final class WorkerPool<Queue: WorkQueue>: Sendable {
  typealias Work = Queue.Work

  /// What ``run(_:)`` is asked to start, because only it may add child tasks.
  private struct Orders {
    var workers = 0
    var alarms: [Alarm] = []
    var isEmpty: Bool { workers == 0 && alarms.isEmpty }
  }

  private struct Alarm: Sendable {
    let id: Int
    let deadline: Duration
    let isWide: Bool
    let ring: @Sendable (inout Queue) -> Void
  }

  private struct State {
    var queue: Queue
    var workers = 0
    var parked: [CheckedContinuation<Work?, Never>] = []
    var orders = Orders()
    /// The deadlines of the alarms that have not rung.
    var deadlines: [Int: Duration] = [:]
    var lastAlarm = 0
    var foreman: CheckedContinuation<Void, Never>?
    var isClosed = false
  }

  private let state: Mutex<State>
  private let maxWorkers: Int
  /// Pieces of work after which a worker lets other tasks run.
  private let yieldInterval: Int
  private let stopwatch: Stopwatch

  init(queue: Queue, maxWorkers: Int, yieldInterval: Int, stopwatch: Stopwatch) {
    self.state = Mutex(State(queue: queue))
    self.maxWorkers = maxWorkers
    self.yieldInterval = yieldInterval
    self.stopwatch = stopwatch
  }

  /// Changes the queue, and starts a worker on what became ready.
  /// - Precondition: `change` makes at most one more piece of work ready.
  func update<Result>(_ change: (inout Queue) -> Result) -> Result {
    var handover: (CheckedContinuation<Work?, Never>, Work)?
    var foreman: CheckedContinuation<Void, Never>?
    let result = state.withLock { state in
      let result = change(&state.queue)
      if let worker = state.parked.last, let work = state.queue.next() {
        state.parked.removeLast()
        stopwatch.beginWork()
        handover = (worker, work)
      } else {
        foreman = orderWorkerIfNeeded(&state)
      }
      return result
    }
    handover.map { $0.0.resume(returning: $0.1) }
    foreman?.resume()
    return result
  }

  /// Changes the queue, and starts workers on all that became ready.
  func updateMany<Result>(_ change: (inout Queue) -> Result) -> Result {
    var handovers: [(CheckedContinuation<Work?, Never>, Work)] = []
    var foreman: CheckedContinuation<Void, Never>?
    let result = state.withLock { state in
      let result = change(&state.queue)
      while let worker = state.parked.last, let work = state.queue.next() {
        state.parked.removeLast()
        stopwatch.beginWork()
        handovers.append((worker, work))
      }
      while state.queue.hasWork, state.workers < maxWorkers, !state.isClosed {
        if let waiting = orderWorkerIfNeeded(&state) { foreman = waiting }
      }
      return result
    }
    for (worker, work) in handovers { worker.resume(returning: work) }
    foreman?.resume()
    return result
  }

  /// Changes the queue after a time. Nothing waits for it meanwhile and no worker is held.
  /// - Parameter makesManyReady: whether more than one more piece of work may be ready then.
  func update(after wait: Duration, makesManyReady: Bool = false, _ change: @escaping @Sendable (inout Queue) -> Void) {
    let deadline = stopwatch.elapsed + wait
    stopwatch.beginWork()
    let foreman = state.withLock { state in
      state.lastAlarm += 1
      state.deadlines[state.lastAlarm] = deadline
      state.orders.alarms.append(Alarm(id: state.lastAlarm, deadline: deadline, isWide: makesManyReady, ring: change))
      return state.foreman.take()
    }
    foreman?.resume()
  }

  /// Looks at the queue.
  func read<Result>(_ body: (Queue) -> Result) -> Result {
    state.withLock { body($0.queue) }
  }

  /// Until when nothing happens here unless more work comes: nil while someone works, far off when nothing is to come.
  var quietUntil: Duration? {
    state.withLock { state in
      guard state.workers == state.parked.count, !state.queue.hasWork else { return nil }
      return state.deadlines.values.min() ?? .seconds(Int64.max)
    }
  }

  /// Works until ``close()``. Cancel only together with it.
  func run(_ work: @escaping @Sendable (Work) async -> Void) async {
    await withDiscardingTaskGroup { group in
      while let orders = await nextOrders() {
        for _ in 0..<orders.workers { group.addTask { await self.serve(work) } }
        for alarm in orders.alarms { group.addTask { await self.await(alarm) } }
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

  private func orderWorkerIfNeeded(_ state: inout State) -> CheckedContinuation<Void, Never>? {
    guard state.queue.hasWork, state.workers < maxWorkers, !state.isClosed else { return nil }
    state.workers += 1
    state.orders.workers += 1
    stopwatch.beginWork()
    return state.foreman.take()
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
    var handover: (CheckedContinuation<Work?, Never>, Work)?
    var foreman: CheckedContinuation<Void, Never>?
    let next = state.withLock { state in
      state.queue.finished(piece)
      let next = take(&state)
      guard next != nil, state.queue.hasWork else { return next }
      if let worker = state.parked.last, let work = take(&state) {
        state.parked.removeLast()
        handover = (worker, work)
      } else {
        foreman = orderWorkerIfNeeded(&state)
      }
      return next
    }
    handover.map { $0.0.resume(returning: $0.1) }
    foreman?.resume()
    return next
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
    let foreman = state.withLock { state in
      if let piece { state.queue.finished(piece) }
      state.workers -= 1
      return orderWorkerIfNeeded(&state)
    }
    foreman?.resume()
  }

  private func await(_ alarm: Alarm) async {
    defer { stopwatch.endWork() }
    do { try await stopwatch.sleep(until: alarm.deadline) } catch { return }
    state.withLock { _ = $0.deadlines.removeValue(forKey: alarm.id) }
    if alarm.isWide { updateMany { alarm.ring(&$0) } } else { update { alarm.ring(&$0) } }
  }
}
