import DequeModule

/// So many at a time, in the order in which they ask.
struct TurnStateMachine<Waiter> {
  private var free: Int
  private var waiters: Deque<(key: UInt64, waiter: Waiter)> = []

  init(atOnce: Int = 1) {
    free = atOnce
  }

  /// Returns true when it is the asker's turn at once.
  mutating func ask(as waiter: Waiter, key: UInt64) -> Bool {
    guard free == 0 else {
      free -= 1
      return true
    }
    waiters.append((key, waiter))
    return false
  }

  /// Returns whose turn it is next, or nil when nobody waits.
  mutating func end() -> Waiter? {
    if let next = waiters.popFirst() { return next.waiter }
    free += 1
    return nil
  }

  /// Returns the one who waits no longer, or nil when it does not wait (any more).
  mutating func stopsWaiting(_ key: UInt64) -> Waiter? {
    waiters.firstIndex { $0.key == key }.map { waiters.remove(at: $0).waiter }
  }
}
