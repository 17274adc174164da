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
    try await withFolder { folder in
      let transactions = Transactions()
      let commit = GroupCommit(
        pool: try DatabasePool(path: "\(folder.parent)/any.sqlite"),
        writer: transactions,
        maxBatch: 100,
        separatesSyncs: separates,
        closed: RopewalkError(.journalClosed, "closed")
      )
      let (begun, beginning) = AsyncStream.makeStream(of: Void.self)
      let release = DispatchSemaphore(value: 0)
      try await withThrowingDiscardingTaskGroup { group in
        group.addTask {
          try await commit.perform { _ in
            beginning.finish()
            release.wait()
          }
        }
        for await _ in begun {}
        // At once: each waits for its transaction when this returns.
        for number in 0..<max(quick, synced) {
          if number < synced { group.addImmediateTask { try await commit.perform { _ in } } }
          if number < quick { group.addImmediateTask { try await commit.perform(isOnDisk: false) { _ in } } }
        }
        release.signal()
      }
      #expect(transactions.calls == [Transactions.Calls(synced: 1)] + expected)
      #expect(commit.syncs == (synced > 0 ? 2 : 1))
    }
  }
}
