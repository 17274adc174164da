import Synchronization

/// Lets so many tasks at a time into what takes long, in the order of arrival.
final class Turns: Sendable {
  private struct State {
    var free: Int
    var waiting = FIFO<CheckedContinuation<Void, Never>>()
  }

  private let state: Mutex<State>

  init(atOnce: Int = 1) {
    state = Mutex(State(free: atOnce))
  }

  /// Cancelling does not end the waiting.
  func callAsFunction<Result, Failure>(_ body: () async throws(Failure) -> Result) async throws(Failure) -> Result {
    await withCheckedContinuation { continuation in
      let isFree = state.withLock { state in
        guard state.free > 0 else {
          state.waiting.append(continuation)
          return false
        }
        state.free -= 1
        return true
      }
      if isFree { continuation.resume() }
    }
    defer { leave() }
    return try await body()
  }

  private func leave() {
    let next = state.withLock { state in
      let next = state.waiting.popFirst()
      if next == nil { state.free += 1 }
      return next
    }
    next?.resume()
  }
}
