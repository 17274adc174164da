import Synchronization
package import Testing

/// Lets only a few of the tests that carry it run at once, in whatever targets they are.
///
/// `swift test` starts every test at the same time. Guests that loop on purpose, servers on real sockets and processes of
/// their own then wait for each other on a machine of few cores until their time limits pass. Waiting for the turn counts
/// in a test's `timeLimit`, so that must be generous.
package struct TakesTurns: SuiteTrait, TestTrait, TestScoping {
  /// How many run at once.
  private static let width = 3
  private static let gate = TurnGate(free: width)

  package var isRecursive: Bool { true }

  @concurrent package func provideScope(
    for test: Test,
    testCase: Test.Case?,
    performing function: @Sendable @concurrent () async throws -> Void
  ) async throws {
    // A suite's own scope only wraps its tests; they take the turns.
    guard testCase != nil else { return try await function() }
    await Self.gate.enter()
    defer { Self.gate.leave() }
    try await function()
  }
}

extension Trait where Self == TakesTurns {
  package static var takesTurns: Self { TakesTurns() }
}

private final class TurnGate: Sendable {
  private struct State {
    var free: Int
    var waiting: [CheckedContinuation<Void, Never>] = []
  }

  private let state: Mutex<State>

  init(free: Int) {
    state = Mutex(State(free: free))
  }

  func enter() async {
    await withCheckedContinuation { continuation in
      let isFree = state.withLock { state in
        if state.free > 0 {
          state.free -= 1
          return true
        }
        state.waiting.append(continuation)
        return false
      }
      if isFree { continuation.resume() }
    }
  }

  func leave() {
    let next = state.withLock { state -> CheckedContinuation<Void, Never>? in
      guard state.waiting.isEmpty else { return state.waiting.removeFirst() }
      state.free += 1
      return nil
    }
    next?.resume()
  }
}
