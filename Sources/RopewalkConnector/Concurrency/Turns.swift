import Synchronization

/// Lets one task at a time into what takes long, in the order of arrival.
final class Turns: Sendable {
  private struct State {
    var isTaken = false
    var waiting = FIFO<CheckedContinuation<Void, Never>>()
  }

  private let state = Mutex(State())

  func callAsFunction<Result>(_ body: () async -> Result) async -> Result {
    await withCheckedContinuation { continuation in
      let isFree = state.withLock { state in
        defer { state.isTaken = true }
        if state.isTaken { state.waiting.append(continuation) }
        return !state.isTaken
      }
      if isFree { continuation.resume() }
    }
    defer { leave() }
    return await body()
  }

  private func leave() {
    let next = state.withLock { state in
      let next = state.waiting.popFirst()
      if next == nil { state.isTaken = false }
      return next
    }
    next?.resume()
  }
}
