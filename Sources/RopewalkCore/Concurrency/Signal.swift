import Synchronization

/// Wakes one task that waits; raised while nobody waits, the next wait returns at once.
package final class Signal: Sendable {
  private struct State {
    var isRaised = false
    var waiting: CheckedContinuation<Void, Never>?
  }

  private let state = Mutex(State())

  package init() {}

  package func raise() {
    let waiting = state.withLock { state in
      state.isRaised = state.waiting == nil
      return state.waiting.take()
    }
    waiting?.resume()
  }

  /// Returns once it was raised, or at once when the task is cancelled.
  package func wait() async {
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let goesOn = state.withLock { state in
          if state.isRaised || Task.isCancelled {
            state.isRaised = false
            return true
          }
          state.waiting = continuation
          return false
        }
        if goesOn { continuation.resume() }
      }
    } onCancel: {
      state.withLock { $0.waiting.take() }?.resume()
    }
  }
}
