import Synchronization
package import Testing

/// Lets only a few of the tests that carry it run at once, in whatever targets they are.
///
/// `swift test` starts every test at the same time. Guests that loop on purpose, servers on real sockets and processes of
/// their own then wait for each other on a machine of few cores until their time limits pass. A test's `timeLimit` counts
/// the waiting for the turn; the limit given here does not.
package struct TakesTurns: SuiteTrait, TestTrait, TestScoping {
  /// How many run at once.
  private static let width = 3
  private static let gate = TurnGate(free: width)

  /// How long a test may take once it is its turn; nil sets no limit.
  fileprivate let timeLimit: Duration?

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
    guard let timeLimit else { return try await function() }
    try await withoutActuallyEscaping(function) { function in
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { try await function() }
        group.addTask {
          try await Task.sleep(for: timeLimit)
          throw TurnTookTooLong(timeLimit: timeLimit)
        }
        defer { group.cancelAll() }
        try await group.next()
      }
    }
  }
}

extension Trait where Self == TakesTurns {
  package static var takesTurns: Self { TakesTurns(timeLimit: nil) }

  /// Cancels a test, which has failed then, when it takes longer than `limit` from its turn on.
  package static func takesTurns(within limit: Duration) -> Self { TakesTurns(timeLimit: limit) }
}

private struct TurnTookTooLong: Error, CustomStringConvertible {
  let timeLimit: Duration

  var description: String { "the test took longer than \(timeLimit) from its turn on" }
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
