import Synchronization

/// Lets tasks do something one after the other.
final class Turns: Sendable {
  private struct State {
    var turns = TurnStateMachine<CheckedContinuation<Void, any Error>>()
    var lastKey: UInt64 = 0
  }

  private let state = Mutex(State())

  /// Runs `body` when it is its turn. Throws what `body` throws, or `CancellationError` when cancelled before.
  func take<Result>(_ body: () async throws -> Result) async throws -> Result {
    try await wait()
    defer { state.withLock { $0.turns.end() }?.resume() }
    return try await body()
  }

  private func wait() async throws {
    let key = state.withLock { state in
      state.lastKey += 1
      return state.lastKey
    }
    try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { continuation in
        enum Answer { case now, later, cancelled }
        let answer = state.withLock { state -> Answer in
          if Task.isCancelled { return .cancelled }
          return state.turns.ask(as: continuation, key: key) ? .now : .later
        }
        switch answer {
        case .now: continuation.resume()
        case .later: break
        case .cancelled: continuation.resume(throwing: CancellationError())
        }
      }
    } onCancel: {
      state.withLock { $0.turns.stopsWaiting(key) }?.resume(throwing: CancellationError())
    }
  }
}
