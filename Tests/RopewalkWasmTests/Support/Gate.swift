import Synchronization

/// Holds whoever waits until it is opened, and says when so many wait.
final class Gate: Sendable {
  private struct State {
    var isOpen = false
    var waiters: [CheckedContinuation<Void, Never>] = []
    var expected: (count: Int, continuation: CheckedContinuation<Void, Never>)?

    /// Whoever waits for so many waiters, when there are so many.
    mutating func takeSatisfied() -> CheckedContinuation<Void, Never>? {
      guard let expected, waiters.count >= expected.count else { return nil }
      self.expected = nil
      return expected.continuation
    }
  }

  private let state = Mutex(State())

  func wait() async {
    await withCheckedContinuation { waiter in
      let (isOpen, satisfied) = state.withLock { state in
        if !state.isOpen { state.waiters.append(waiter) }
        return (state.isOpen, state.takeSatisfied())
      }
      if isOpen { waiter.resume() }
      satisfied?.resume()
    }
  }

  func waitForWaiters(_ count: Int) async {
    await withCheckedContinuation { continuation in
      let satisfied = state.withLock { state in
        state.expected = (count, continuation)
        return state.takeSatisfied()
      }
      satisfied?.resume()
    }
  }

  func open() {
    let waiters = state.withLock { state in
      state.isOpen = true
      defer { state.waiters = [] }
      return state.waiters
    }
    for waiter in waiters { waiter.resume() }
  }
}
