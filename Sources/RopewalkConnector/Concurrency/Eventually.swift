import Synchronization

/// A value that comes once, for any number of tasks that wait for it.
final class Eventually<Value: Sendable>: Sendable {
  private struct State {
    var value: Value?
    var waiters: [Int: CheckedContinuation<Value?, Never>] = [:]
    var lastWaiter = 0
  }

  private let state = Mutex(State())

  /// The value; nil before it is there.
  var now: Value? { state.withLock(\.value) }

  /// Gives the value. The first counts; false for any other.
  @discardableResult
  func set(_ value: Value) -> Bool {
    let waiters: [CheckedContinuation<Value?, Never>]? = state.withLock { state in
      guard state.value == nil else { return nil }
      state.value = value
      defer { state.waiters = [:] }
      return Array(state.waiters.values)
    }
    guard let waiters else { return false }
    for waiter in waiters { waiter.resume(returning: value) }
    return true
  }

  /// Returns the value once it is there. Cancelling does not end the waiting: whoever waits sees to it that a value comes.
  func value() async -> Value {
    while true {
      if let value = await wait(as: nextWaiter()) { return value }
    }
  }

  /// Returns the value once it is there; nil when the task is cancelled before.
  func valueUnlessCancelled() async -> Value? {
    let waiter = nextWaiter()
    return await withTaskCancellationHandler {
      await wait(as: waiter, unlessCancelled: true)
    } onCancel: {
      state.withLock { $0.waiters.removeValue(forKey: waiter) }?.resume(returning: nil)
    }
  }

  private func nextWaiter() -> Int {
    state.withLock { state in
      state.lastWaiter += 1
      return state.lastWaiter
    }
  }

  private func wait(as waiter: Int, unlessCancelled: Bool = false) async -> Value? {
    await withCheckedContinuation { continuation in
      let isOver = state.withLock { state in
        if state.value != nil || unlessCancelled && Task.isCancelled { return true }
        state.waiters[waiter] = continuation
        return false
      }
      if isOver { continuation.resume(returning: now) }
    }
  }
}
