import RopewalkCore
import Synchronization

/// A ``KeyedQueueStateMachine`` that several workers take from at once.
///
/// A worker loops over ``next()`` and tells each key's end with ``finish(_:_:)``; ``keepTime()`` runs beside the workers.
final class KeyedQueue<Key: Hashable & Sendable>: Sendable {
  typealias Outcome = KeyedQueueStateMachine<Key>.Outcome

  private struct State {
    var machine: KeyedQueueStateMachine<Key>
    var parked: [CheckedContinuation<Void, Never>] = []
    /// What the timekeeper waits for.
    var alarm: Duration?
    var isAborted = false
  }

  private let state: Mutex<State>
  private let stopwatch: Stopwatch
  private let alarmChanged = Signal()
  private let idled = Signal()

  init(limits: QueueLimits = QueueLimits(), stopwatch: Stopwatch) {
    self.state = Mutex(State(machine: KeyedQueueStateMachine(limits: limits)))
    self.stopwatch = stopwatch
  }

  struct Load: Equatable {
    var ready: Int
    var working: Int
    var delayed: Int
    /// For how long the longest work under way has been so.
    var longest: Duration?
  }

  var load: Load {
    let now = stopwatch.elapsed
    return state.withLock { state in
      let machine = state.machine
      return Load(
        ready: machine.readyCount,
        working: machine.working,
        delayed: machine.delayedCount,
        longest: machine.oldestStart.map { now - $0 }
      )
    }
  }

  func failures(of key: Key) -> Int { state.withLock { $0.machine.failures(of: key) } }

  func add(_ key: Key) {
    let worker = state.withLock { state in
      state.machine.add(key) ? state.parked.popLast() : nil
    }
    worker?.resume()
  }

  func add(_ key: Key, after delay: Duration) {
    let now = stopwatch.elapsed
    let isSooner = state.withLock { state in
      state.machine.add(key, after: delay, at: now)
      return Self.setAlarm(&state)
    }
    if isSooner { alarmChanged.raise() }
  }

  /// The next key to work on; nil when the queue has ended.
  func next() async -> Key? {
    while true {
      let now = stopwatch.elapsed
      let (next, others) = state.withLock { state -> (KeyedQueueStateMachine<Key>.Next, [CheckedContinuation<Void, Never>]) in
        let next = state.isAborted ? .finished : state.machine.next(at: now)
        guard next == .finished else {
          // Keys whose time has come may have become ready with this one, which wakes nobody else.
          let other = state.machine.isSuspended || state.machine.readyCount == 0 ? nil : state.parked.popLast()
          return (next, other.map { [$0] } ?? [])
        }
        defer { state.parked = [] }
        return (next, state.parked)
      }
      for worker in others { worker.resume() }
      switch next {
      case .work(let key): return key
      case .finished:
        alarmChanged.raise()
        return nil
      case .wait: await park()
      }
    }
  }

  /// The work on a key has ended.
  func finish(_ key: Key, _ outcome: Outcome) {
    let now = stopwatch.elapsed
    let (worker, isSooner, isIdle) = state.withLock { state in
      let isMore = state.machine.finish(key, outcome, at: now)
      let isIdle = state.machine.working == 0 && (state.machine.isSuspended || state.machine.isShutDown)
      return (isMore || isIdle ? state.parked.popLast() : nil, outcome == .done ? false : Self.setAlarm(&state), isIdle)
    }
    worker?.resume()
    if isSooner { alarmChanged.raise() }
    if isIdle { idled.raise() }
  }

  /// Makes keys ready when their time has come, until the queue has ended.
  func keepTime() async {
    while true {
      let now = stopwatch.elapsed
      let (workers, alarm, isEnded) = state.withLock { state -> ([CheckedContinuation<Void, Never>], Duration?, Bool) in
        let count = min(state.machine.ripen(at: now), state.parked.count)
        let workers = Array(state.parked.suffix(count))
        state.parked.removeLast(count)
        state.alarm = state.machine.earliestDelay
        return (workers, state.alarm, state.isAborted || state.machine.isShutDown)
      }
      for worker in workers { worker.resume() }
      if isEnded || Task.isCancelled { return }
      await wait(until: alarm)
    }
  }

  /// Hands nothing out until ``resume()``, and returns once nothing is worked on. Call it from one task at a time.
  func suspend() async {
    state.withLock { $0.machine.suspend() }
    while state.withLock({ $0.machine.working > 0 && !$0.isAborted }), !Task.isCancelled { await idled.wait() }
  }

  func resume() {
    wakeAll { $0.machine.resume() }
  }

  /// Takes nothing more; ends when what is ready has been worked on. A suspended queue ends without handing that out.
  func shutDown() {
    wakeAll { $0.machine.shutDown() }
  }

  /// Ends as soon as what is being worked on has ended.
  func abort() {
    wakeAll { state in
      state.machine.shutDown()
      state.machine.clear()
      state.isAborted = true
    }
  }

  private func wakeAll(_ change: (inout State) -> Void) {
    let workers = state.withLock { state in
      change(&state)
      defer { state.parked = [] }
      return state.parked
    }
    for worker in workers { worker.resume() }
    alarmChanged.raise()
    idled.raise()
  }

  /// Returns whether the timekeeper waits for too late a time.
  private static func setAlarm(_ state: inout State) -> Bool {
    guard let earliest = state.machine.earliestDelay, earliest < state.alarm ?? .seconds(Int64.max) else { return false }
    state.alarm = earliest
    return true
  }

  private func park() async {
    let now = stopwatch.elapsed
    await withCheckedContinuation { continuation in
      let goesOn = state.withLock { state in
        _ = state.machine.ripen(at: now)
        let isOver = state.isAborted || state.machine.isShutDown && state.machine.working == 0
        if isOver || !state.machine.isSuspended && state.machine.readyCount > 0 { return true }
        state.parked.append(continuation)
        return false
      }
      if goesOn { continuation.resume() }
    }
  }

  private func wait(until alarm: Duration?) async {
    guard let alarm else { return await alarmChanged.wait() }
    await withTaskGroup { group in
      group.addTask { [stopwatch] in try? await stopwatch.sleep(until: alarm) }
      group.addTask { [alarmChanged] in await alarmChanged.wait() }
      await group.next()
      group.cancelAll()
    }
  }
}
