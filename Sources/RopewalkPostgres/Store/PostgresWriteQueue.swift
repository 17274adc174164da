import Dispatch
import RopewalkCore
import RopewalkResources
import Synchronization

/// Brings the writes of one process that come at once into one transaction.
final class PostgresWriteQueue: Sendable {
  /// One call that waits to be written.
  private struct Job: Sendable {
    /// Does the work inside the transaction, and returns what to do once that is committed.
    let apply: @Sendable (inout PostgresWriter) throws -> @Sendable () -> Void
    let fail: @Sendable (any Error) -> Void
  }

  private struct State {
    var waiting: [Job] = []
    var isWriting = false
    var isClosed = false
  }

  /// Calls that are written in one transaction.
  private static let maxBatch = 128

  private let url: String
  private let maxChangesKept: Int
  private let state = Mutex(State())
  /// Where writing blocks, and the only place that uses the connection.
  private let queue = DispatchQueue(label: "ropewalk.postgres.writer")
  private let connection = Mutex<PostgresConnection?>(nil)

  init(url: String, maxChangesKept: Int) {
    self.url = url
    self.maxChangesKept = maxChangesKept
  }

  /// Runs `body` inside a transaction, and returns when that is committed.
  /// - Throws: `store.unavailable` also when the connection broke during the commit; then the write may have happened.
  func perform<Value: Sendable>(_ body: @escaping @Sendable (inout PostgresWriter) throws -> Value) async throws -> Value {
    try await withCheckedThrowingContinuation { continuation in
      let job = Job(
        apply: { writer in
          let value = try body(&writer)
          return { continuation.resume(returning: value) }
        },
        fail: { continuation.resume(throwing: $0) }
      )
      submit(job)
    }
  }

  /// Refuses further calls, and waits for those that came before.
  func close() {
    state.withLock { $0.isClosed = true }
    queue.sync { connection.withLock { $0 = nil } }
  }

  private enum Next { case start, wait, refuse }

  private func submit(_ job: Job) {
    let next: Next = state.withLock { state in
      guard !state.isClosed else { return .refuse }
      state.waiting.append(job)
      guard !state.isWriting else { return .wait }
      state.isWriting = true
      return .start
    }
    switch next {
    case .start: queue.async { self.drain() }
    case .wait: return
    case .refuse: job.fail(PostgresPool.closed)
    }
  }

  private func drain() {
    while true {
      let jobs = state.withLock { state in
        let jobs = Array(state.waiting.prefix(Self.maxBatch))
        state.waiting.removeFirst(jobs.count)
        if jobs.isEmpty { state.isWriting = false }
        return jobs
      }
      guard !jobs.isEmpty else { return }
      do {
        for answer in try write(jobs) { answer() }
      } catch {
        for job in jobs { job.fail(error) }
      }
    }
  }

  private func write(_ jobs: [Job]) throws -> [@Sendable () -> Void] {
    let connection = try connection.withLock { connection in
      let usable = try connection.flatMap { $0.isUsable ? $0 : nil } ?? PostgresConnection(url: url)
      connection = usable
      return usable
    }
    return try connection.transaction("BEGIN") {
      var writer = try PostgresWriter(connection)
      var answers: [@Sendable () -> Void] = []
      for job in jobs {
        do {
          answers.append(try job.apply(&writer))
        } catch let error as RopewalkError where error.code == .storeConflict || error.code == .storeNotFound {
          // Refused by itself before it has changed anything.
          answers.append { job.fail(error) }
        }
      }
      try writer.finish(maxChangesKept: maxChangesKept)
      return answers
    }
  }
}
