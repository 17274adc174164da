import Synchronization

/// Lets so many tasks at a time do something, in the order of arrival.
package final class Turns: Sendable {
  private struct State {
    var turns: TurnStateMachine<CheckedContinuation<Bool, Never>>
    var lastKey: UInt64 = 0
  }

  private let state: Mutex<State>

  package init(atOnce: Int = 1) {
    state = Mutex(State(turns: TurnStateMachine(atOnce: atOnce)))
  }

  /// Runs `body` when it is its turn. Throws what `body` throws, or `CancellationError` when cancelled before.
  package func take<Result>(_ body: () async throws -> Result) async throws -> Result {
    let key = nextKey()
    let hasTurn = await withTaskCancellationHandler {
      await wait(as: key) { Task.isCancelled }
    } onCancel: {
      state.withLock { $0.turns.stopsWaiting(key) }?.resume(returning: false)
    }
    guard hasTurn else { throw CancellationError() }
    defer { end() }
    return try await body()
  }

  /// Runs `body` when it is its turn, also when the task is cancelled before.
  package func takeInAnyCase<Result>(_ body: () async -> Result) async -> Result {
    _ = await wait(as: nextKey()) { false }
    defer { end() }
    return await body()
  }

  private func nextKey() -> UInt64 {
    state.withLock { state in
      state.lastKey += 1
      return state.lastKey
    }
  }

  /// Returns true once it is that one's turn, and false when it has given up.
  private func wait(as key: UInt64, unless isGivenUp: () -> Bool) async -> Bool {
    await withCheckedContinuation { continuation in
      let answer = state.withLock { state -> Bool? in
        if isGivenUp() { return false }
        return state.turns.ask(as: continuation, key: key) ? true : nil
      }
      if let answer { continuation.resume(returning: answer) }
    }
  }

  private func end() {
    state.withLock { $0.turns.end() }?.resume(returning: true)
  }
}
