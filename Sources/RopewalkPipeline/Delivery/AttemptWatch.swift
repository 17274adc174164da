import RopewalkCore
import Synchronization

/// Gives up attempts that take longer than their timeout, by cancelling the task that makes them.
///
/// An attempt costs an entry in a table and no task of its own; the watch sleeps until the oldest may be overdue.
final class AttemptWatch: Sendable {
  private struct State {
    var table: AttemptTable<RunningTask>
    var parked: CheckedContinuation<Void, Never>?
    var isClosed = false
  }

  private let state: Mutex<State>
  private let stopwatch: Stopwatch

  init(timeout: Duration, stopwatch: Stopwatch) {
    self.state = Mutex(State(table: AttemptTable(timeout: timeout)))
    self.stopwatch = stopwatch
  }

  /// Enters an attempt that the current task makes.
  func begin() -> Int {
    let now = stopwatch.elapsed
    let task = RunningTask.current
    let (place, watch) = state.withLock { state in
      if state.parked != nil { stopwatch.beginWork() }
      return (state.table.begin(task, at: now), state.parked.take())
    }
    watch?.resume()
    return place
  }

  /// Removes the attempt. Returns true when the task was cancelled because it was overdue.
  func end(_ place: Int) -> Bool {
    state.withLock { $0.table.end(place) }
  }

  /// Watches until ``close()``, or until the task is cancelled while there is something to watch.
  func run() async {
    stopwatch.beginWork()
    defer { stopwatch.endWork() }
    while !state.withLock(\.isClosed) {
      if let deadline = state.withLock(\.table.nextDeadline) {
        do { try await stopwatch.sleep(until: deadline) } catch { return }
        let now = stopwatch.elapsed
        // Under the lock, so that no task ends its attempt, and itself, while it is being cancelled.
        state.withLock { $0.table.expire(at: now) { $0.cancel() } }
      } else {
        await park()
      }
    }
  }

  func close() {
    let watch = state.withLock { state in
      state.isClosed = true
      if state.parked != nil { stopwatch.beginWork() }
      return state.parked.take()
    }
    watch?.resume()
  }

  /// Waits for an attempt to begin; the watch does not count as a worker meanwhile.
  private func park() async {
    await withCheckedContinuation { continuation in
      let goesOn = state.withLock { state in
        if state.isClosed || state.table.nextDeadline != nil { return true }
        state.parked = continuation
        stopwatch.endWork()
        return false
      }
      if goesOn { continuation.resume() }
    }
  }
}
