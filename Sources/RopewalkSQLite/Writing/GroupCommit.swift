import GRDB
import RopewalkCore
import Synchronization

extension ErrorCode {
  static let journalClosed = ErrorCode("journal.closed", .unavailable)
}

/// Writes many jobs in one transaction, and answers each.
protocol BatchWriter: Sendable {
  func write(_ jobs: ArraySlice<WriteJob<Self>>)
}

/// Brings calls that come at once into one transaction with one sync.
///
/// Writing happens on the writer's own dispatch queue, never on the threads that run tasks: while one transaction is
/// synced the next calls gather.
final class GroupCommit<Writer: BatchWriter>: Sendable {
  private struct State {
    var waiting: [WriteJob<Writer>] = []
    var isWriting = false
    var isClosed = false

    mutating func take(atMost count: Int) -> ArraySlice<WriteJob<Writer>> {
      let jobs = waiting.prefix(count)
      waiting.removeFirst(jobs.count)
      return jobs
    }
  }

  /// From so many calls on, a sync that more can share saves more than a further transaction takes.
  private static var worthSeparating: Int { 16 }

  private let pool: DatabasePool
  private let writer: Writer
  private let maxBatch: Int
  private let separatesSyncs: Bool
  private let closed: RopewalkError
  private let state = Mutex(State())
  private let count = Atomic(0)

  /// - Parameters:
  ///   - separatesSyncs: calls that need not be on disk have a transaction of their own, before the one that is synced:
  ///     who waits for them is back with the next call by the time of the next sync, which is shared by more calls then.
  ///   - closed: what calls are told that come after the end.
  init(pool: DatabasePool, writer: Writer, maxBatch: Int, separatesSyncs: Bool = false, closed: RopewalkError) {
    self.pool = pool
    self.writer = writer
    self.maxBatch = maxBatch
    self.separatesSyncs = separatesSyncs
    self.closed = closed
  }

  /// How many transactions there were that somebody waited for on disk.
  var syncs: Int { count.load(ordering: .relaxed) }

  /// Runs `body` inside a transaction, and returns when that transaction is committed.
  ///
  /// Cancelling changes nothing: what was begun is written.
  /// - Parameter isOnDisk: whether it must be on disk by then; otherwise that is so with the next call for which it must.
  /// - Throws: ``RopewalkError`` when it is not written; also when another call of the same transaction broke it.
  func perform<Value: Sendable>(
    isOnDisk: Bool = true,
    _ body: @escaping @Sendable (Writer) throws -> Value
  ) async throws -> Value {
    try await withCheckedThrowingContinuation { continuation in
      let job = WriteJob<Writer>(
        isOnDisk: isOnDisk,
        apply: { writer in
          let value = try body(writer)
          return { continuation.resume(returning: value) }
        },
        fail: { continuation.resume(throwing: $0) }
      )
      submit(job)
    }
  }

  /// Refuses further calls, waits for those that came before, and runs `body` after them, outside of a transaction.
  func close(_ body: (Writer) throws -> Void) throws {
    state.withLock { $0.isClosed = true }
    try pool.writeWithoutTransaction { _ in
      drain()
      try body(writer)
    }
  }

  private enum Next { case start, wait, refuse }

  private func submit(_ job: WriteJob<Writer>) {
    let next: Next = state.withLock { state in
      guard !state.isClosed else { return .refuse }
      state.waiting.append(job)
      guard !state.isWriting else { return .wait }
      state.isWriting = true
      return .start
    }
    switch next {
    case .start: pool.asyncWriteWithoutTransaction { _ in self.drain() }
    case .wait: return
    case .refuse: job.fail(closed)
    }
  }

  private func drain() {
    while true {
      let jobs = state.withLock { state in
        let jobs = state.take(atMost: maxBatch)
        if jobs.isEmpty { state.isWriting = false }
        return jobs
      }
      guard !jobs.isEmpty else { return }
      let quick = separatesSyncs ? jobs.filter { !$0.isOnDisk } : []
      if quick.count < Self.worthSeparating || quick.count == jobs.count {
        write(jobs)
      } else {
        write(quick[...])
        let synced = jobs.filter(\.isOnDisk)
        // Some who were answered just now are back with the next call.
        write(synced[...] + state.withLock { $0.take(atMost: maxBatch - synced.count) })
      }
    }
  }

  private func write(_ jobs: ArraySlice<WriteJob<Writer>>) {
    writer.write(jobs)
    if jobs.contains(where: \.isOnDisk) { count.wrappingAdd(1, ordering: .relaxed) }
  }
}

/// One call that waits to be written.
struct WriteJob<Writer>: Sendable {
  /// Whether it is answered only once it is on disk.
  let isOnDisk: Bool
  /// Does the work inside the transaction, and returns what to do once that is committed.
  let apply: @Sendable (Writer) throws -> @Sendable () -> Void
  let fail: @Sendable (any Error) -> Void
}
