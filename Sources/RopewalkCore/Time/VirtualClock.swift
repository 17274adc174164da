import Synchronization

/// A clock that stands still until someone moves it, so that waits of minutes take no time and are exact.
///
/// Moved by hand, ``advance(by:)`` wakes the sleepers that are due. With `autoAdvances` the clock moves itself to the
/// next sleeper whenever nobody works: whoever works says so with ``beginWork()`` and ``endWork()``, and a worker who
/// sleeps on the clock does not count meanwhile. So every sleeper of an auto-advancing clock must be a worker.
/// Sleepers are woken one at a time, by deadline and then in the order they fell asleep, which makes runs repeatable.
package final class VirtualClock: Clock, Sendable {
  package struct Instant: InstantProtocol {
    /// Time since the clock's ``VirtualClock/epoch``.
    package var offset: Duration

    package func advanced(by duration: Duration) -> Instant { Instant(offset: offset + duration) }
    package func duration(to other: Instant) -> Duration { other.offset - offset }
    package static func < (left: Instant, right: Instant) -> Bool { left.offset < right.offset }
  }

  /// The civil time of offset zero. Default 2026-01-01T00:00:00Z.
  package let epoch: Timestamp
  private let state: Mutex<VirtualTime>

  package init(autoAdvances: Bool = false, epoch: Timestamp = Timestamp(nanoseconds: 1_767_225_600_000_000_000)) {
    self.epoch = epoch
    self.state = Mutex(VirtualTime(autoAdvances: autoAdvances))
  }

  package var now: Instant { Instant(offset: state.withLock { $0.now }) }
  package var minimumResolution: Duration { .nanoseconds(1) }

  /// Returns once the clock has been moved to `deadline`.
  /// - Throws: `CancellationError` as soon as the task is cancelled.
  package func sleep(until deadline: Instant, tolerance: Duration?) async throws {
    let id = state.withLock { $0.nextSleeperID() }
    try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { continuation in
        change { time in
          // The handler below finds nobody when it runs before this; the flag is set by then.
          guard !Task.isCancelled else { return time.wake(continuation, throwing: true) }
          time.addSleeper(VirtualTime.Sleeper(id: id, deadline: deadline.offset, continuation: continuation))
        }
      }
    } onCancel: {
      change { $0.cancelSleeper(id) }
    }
  }

  /// Moves the clock on and wakes, in order, whoever is due by then.
  package func advance(by duration: Duration) {
    change { $0.advance(to: $0.now + duration) }
  }

  /// Says that someone works, so that an auto-advancing clock stands still.
  package func beginWork() {
    state.withLock { $0.workers += 1 }
  }

  /// Ends one ``beginWork()``. Whoever is handed the work must have begun before.
  package func endWork() {
    change { $0.endWork() }
  }

  /// Returns once at least `count` tasks sleep on the clock.
  package func waitForSleepers(_ count: Int = 1) async {
    await withCheckedContinuation { continuation in
      change { $0.addWaiter(for: count, continuation) }
    }
  }

  /// Wakes only once the lock is released: who is cancelled meanwhile holds its task, which waking needs, and waits for
  /// the lock.
  private func change(_ body: (inout VirtualTime) -> Void) {
    let woken = state.withLock { time in
      body(&time)
      return time.takeWoken()
    }
    for wake in woken { wake() }
  }
}

/// What a virtual clock knows: the time, who sleeps, how many work.
private struct VirtualTime {
  struct Sleeper {
    let id: UInt64
    let deadline: Duration
    let continuation: CheckedContinuation<Void, any Error>
  }

  let autoAdvances: Bool
  var now = Duration.zero
  var workers = 0
  /// By deadline, latest first, so that the next one is the last; equal deadlines by age.
  private var sleepers: [Sleeper] = []
  private var waiters: [(count: Int, continuation: CheckedContinuation<Void, Never>)] = []
  private var lastID: UInt64 = 0
  /// Who is to be woken, in order.
  private var woken: [@Sendable () -> Void] = []

  init(autoAdvances: Bool) {
    self.autoAdvances = autoAdvances
  }

  mutating func nextSleeperID() -> UInt64 {
    lastID += 1
    return lastID
  }

  mutating func takeWoken() -> [@Sendable () -> Void] {
    defer { woken = [] }
    return woken
  }

  mutating func addSleeper(_ sleeper: Sleeper) {
    guard sleeper.deadline > now else { return wake(sleeper.continuation) }
    let index = sleepers.firstIndex { ($0.deadline, $0.id) < (sleeper.deadline, sleeper.id) } ?? sleepers.endIndex
    sleepers.insert(sleeper, at: index)
    let satisfied = waiters.filter { $0.count <= sleepers.count }
    waiters.removeAll { $0.count <= sleepers.count }
    for waiter in satisfied { woken.append { waiter.continuation.resume() } }
    advanceIfIdle()
  }

  mutating func cancelSleeper(_ id: UInt64) {
    guard let index = sleepers.firstIndex(where: { $0.id == id }) else { return }
    wake(sleepers.remove(at: index).continuation, throwing: true)
  }

  mutating func addWaiter(for count: Int, _ continuation: CheckedContinuation<Void, Never>) {
    if sleepers.count >= count {
      woken.append { continuation.resume() }
    } else {
      waiters.append((count, continuation))
    }
  }

  mutating func endWork() {
    workers -= 1
    advanceIfIdle()
  }

  mutating func advance(to time: Duration) {
    while let next = sleepers.last, next.deadline <= time { wakeNext() }
    now = max(now, time)
  }

  private mutating func advanceIfIdle() {
    guard autoAdvances, !sleepers.isEmpty, workers <= sleepers.count else { return }
    wakeNext()
  }

  private mutating func wakeNext() {
    let sleeper = sleepers.removeLast()
    now = max(now, sleeper.deadline)
    wake(sleeper.continuation)
  }

  mutating func wake(_ continuation: CheckedContinuation<Void, any Error>, throwing: Bool = false) {
    if throwing {
      woken.append { continuation.resume(throwing: CancellationError()) }
    } else {
      woken.append { continuation.resume() }
    }
  }
}
