/// Runs what outlives the call that began it, as children of the one task that calls ``run()``.
final class TaskScope: Sendable {
  typealias Body = @Sendable () async -> Void

  private let bodies: AsyncStream<Body>
  private let writer: AsyncStream<Body>.Continuation

  init() {
    (bodies, writer) = AsyncStream.makeStream()
  }

  /// Begins `body` at once. False when the scope has ended.
  @discardableResult
  func add(_ body: @escaping Body) -> Bool {
    if case .enqueued = writer.yield(body) { true } else { false }
  }

  /// No more are begun.
  func close() { writer.finish() }

  /// Returns when the scope is closed and all have ended. Cancelling cancels them.
  func run() async {
    await withDiscardingTaskGroup { group in
      for await body in bodies { group.addTask { await body() } }
      writer.finish()
      if Task.isCancelled { group.cancelAll() }
    }
  }
}

/// Runs `body` beside a scope that ends with it: what still runs in it then is cancelled, and waited for.
func withTaskScope<Result: Sendable>(_ body: (TaskScope) async throws -> Result) async throws -> Result {
  let scope = TaskScope()
  return try await withThrowingTaskGroup(of: Void.self) { group in
    group.addTask { await scope.run() }
    defer {
      scope.close()
      group.cancelAll()
    }
    return try await body(scope)
  }
}
