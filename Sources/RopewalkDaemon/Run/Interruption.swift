import UnixSignals

/// The user's wish to stop something that has a good place to stop at.
package enum Interruption {
  /// Runs `body`; each SIGINT or SIGTERM meanwhile calls `onInterrupt`, after which `body` should end soon.
  /// - Throws: what `body` throws.
  package static func handled<Result: Sendable>(
    _ onInterrupt: @escaping @Sendable () -> Void,
    during body: () async throws -> Result
  ) async throws -> Result {
    let signals = await UnixSignalsSequence(trapping: .sigint, .sigterm)
    return try await withThrowingTaskGroup { group in
      group.addTask {
        for await _ in signals { onInterrupt() }
      }
      defer { group.cancelAll() }
      return try await body()
    }
  }
}
