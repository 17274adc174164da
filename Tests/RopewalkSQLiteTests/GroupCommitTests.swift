import Dispatch
import GRDB
import RopewalkCore
import Synchronization
import Testing

@testable import RopewalkSQLite

/// Which calls share a transaction.
@Suite(.timeLimit(.minutes(1))) struct GroupCommitTests {
  /// Writes nothing, and notes for each transaction how many of its calls are to be on disk and how many need not.
  private final class Transactions: BatchWriter {
    struct Calls: Equatable {
      var synced = 0
      var quick = 0
    }

    private let written = Mutex<[Calls]>([])

    var calls: [Calls] { written.withLock(\.self) }

    func write(_ jobs: ArraySlice<WriteJob<Transactions>>) {
      written.withLock { $0.append(Calls(synced: jobs.count(where: \.isOnDisk), quick: jobs.count { !$0.isOnDisk })) }
      for job in jobs {
        do { try job.apply(self)() } catch { job.fail(error) }
      }
    }
  }

  @Test(arguments: [
    (quick: 16, synced: 3, separates: true, expected: [Transactions.Calls(quick: 16), Transactions.Calls(synced: 3)]),
    (quick: 15, synced: 3, separates: true, expected: [Transactions.Calls(synced: 3, quick: 15)]),
    (quick: 16, synced: 3, separates: false, expected: [Transactions.Calls(synced: 3, quick: 16)]),
    (quick: 16, synced: 0, separates: true, expected: [Transactions.Calls(quick: 16)]),
  ])
  private func manyThatNeedNotBeOnDiskGoFirst(
    quick: Int,
    synced: Int,
    separates: Bool,
    expected: [Transactions.Calls]
  ) async throws {
    try await withCommit(maxBatch: 100, separatesSyncs: separates) { commit, transactions in
      let first = Halt()
      try await withThrowingDiscardingTaskGroup { group in
        group.addTask { try await commit.perform { _ in first.stop() } }
        await first.isReached()
        // At once: each waits for its transaction when this returns.
        for number in 0..<max(quick, synced) {
          if number < synced { group.addImmediateTask { try await commit.perform { _ in } } }
          if number < quick { group.addImmediateTask { try await commit.perform(isOnDisk: false) { _ in } } }
        }
        first.release()
      }
      #expect(transactions.calls == [Transactions.Calls(synced: 1)] + expected)
      #expect(commit.syncs == (synced > 0 ? 2 : 1))
    }
  }

  @Test(arguments: [
    (later: 3, expected: [Transactions.Calls(synced: 5)]),
    (later: 20, expected: [Transactions.Calls(synced: 18), Transactions.Calls(synced: 4)]),
  ])
  private func whoComesWhileTheyAreWrittenSharesTheSync(later: Int, expected: [Transactions.Calls]) async throws {
    try await withCommit(maxBatch: 18, separatesSyncs: true) { commit, transactions in
      let (first, quick) = (Halt(), Halt())
      try await withThrowingDiscardingTaskGroup { group in
        group.addTask { try await commit.perform { _ in first.stop() } }
        await first.isReached()
        for _ in 0..<2 { group.addImmediateTask { try await commit.perform { _ in } } }
        for number in 0..<16 {
          group.addImmediateTask { try await commit.perform(isOnDisk: false) { _ in if number == 0 { quick.stop() } } }
        }
        first.release()
        await quick.isReached()
        for _ in 0..<later { group.addImmediateTask { try await commit.perform { _ in } } }
        quick.release()
      }
      #expect(transactions.calls == [Transactions.Calls(synced: 1), Transactions.Calls(quick: 16)] + expected)
      #expect(commit.syncs == 1 + expected.count)
    }
  }

  private func withCommit(
    maxBatch: Int,
    separatesSyncs: Bool,
    _ body: (GroupCommit<Transactions>, Transactions) async throws -> Void
  ) async throws {
    try await withFolder { folder in
      let transactions = Transactions()
      let commit = GroupCommit(
        pool: try DatabasePool(path: "\(folder.parent)/any.sqlite"),
        writer: transactions,
        maxBatch: maxBatch,
        separatesSyncs: separatesSyncs,
        closed: RopewalkError(.journalClosed, "closed")
      )
      try await body(commit, transactions)
    }
  }
}

/// A place at which the writer's thread stops until it is released.
private final class Halt: Sendable {
  private let reached = AsyncStream.makeStream(of: Void.self)
  private let semaphore = DispatchSemaphore(value: 0)

  func stop() {
    reached.continuation.finish()
    semaphore.wait()
  }

  func release() { semaphore.signal() }

  func isReached() async {
    for await _ in reached.stream {}
  }
}
