/// One after the other, in the order in which they ask.
struct TurnStateMachine<Waiter> {
  private var isTaken = false
  private var waiters: [(key: UInt64, waiter: Waiter)] = []

  /// Returns true when it is the asker's turn at once.
  mutating func ask(as waiter: Waiter, key: UInt64) -> Bool {
    guard isTaken else {
      isTaken = true
      return true
    }
    waiters.append((key, waiter))
    return false
  }

  /// Returns whose turn it is next, or nil when nobody waits.
  mutating func end() -> Waiter? {
    guard waiters.isEmpty else { return waiters.removeFirst().waiter }
    isTaken = false
    return nil
  }

  /// Returns the one who waits no longer, or nil when it does not wait (any more).
  mutating func stopsWaiting(_ key: UInt64) -> Waiter? {
    waiters.firstIndex { $0.key == key }.map { waiters.remove(at: $0).waiter }
  }
}
