/// Runs `body` and returns what it does, or nil when it takes longer than `limit`; it is cancelled then, and awaited.
package func withTimeLimit<Answer: Sendable>(
  _ limit: Duration,
  _ body: @escaping @Sendable () async throws -> Answer
) async throws -> Answer? {
  let hasAnswered = Gate()
  return try await withThrowingTaskGroup(of: Answer?.self) { group in
    group.addImmediateTask {
      defer { hasAnswered.open() }
      return try await body()
    }
    // What did not have to wait needs no clock.
    if !hasAnswered.isOpen {
      group.addTask {
        try await Task.sleep(for: limit)
        return nil
      }
    }
    defer { group.cancelAll() }
    return try await group.next() ?? nil
  }
}
