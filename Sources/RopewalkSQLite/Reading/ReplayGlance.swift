import Synchronization

/// What was seen last of whether any replay waits: one look at the database answers every run that asks within half a second.
final class ReplayGlance: Sendable {
  private static let maxAge: Duration = .milliseconds(500)

  private struct State {
    var mayWait = true
    var isFreshUntil: ContinuousClock.Instant?
  }

  private let state = Mutex(State())

  /// - Parameter look: asks the database; whoever comes meanwhile gets the answer before.
  func answer(_ look: () async throws -> Bool) async throws -> Bool {
    let known = state.withLock { state -> Bool? in
      let now = ContinuousClock.now
      if let until = state.isFreshUntil, now < until { return state.mayWait }
      state.isFreshUntil = now + Self.maxAge
      return nil
    }
    if let known { return known }
    let mayWait = try await look()
    state.withLock { $0.mayWait = mayWait }
    return mayWait
  }
}
