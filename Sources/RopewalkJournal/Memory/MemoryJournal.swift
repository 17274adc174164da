import RopewalkCore
import Synchronization

/// A journal that survives nothing: for tests, and for `run` without a data folder.
///
/// Appending and settling cost the same however much is in flight, and a settled message's memory is given back at once.
package final class MemoryJournal: Journal {
  private let contents: Mutex<MemoryJournalContents>
  private let stopwatch: Stopwatch

  /// - Parameter clock: measures the window in which duplicates are recognised.
  package init(limits: MemoryJournalLimits = MemoryJournalLimits(), clock: any Clock<Duration> = ContinuousClock()) {
    self.contents = Mutex(MemoryJournalContents(limits: limits))
    self.stopwatch = Stopwatch(clock)
  }

  package func append(_ entries: [JournalEntry]) async throws -> [AppendResult] {
    let now = stopwatch.elapsed
    return contents.withLock { contents in
      entries.map { contents.append($0, at: now) }
    }
  }

  package func settle(_ settlements: [Settlement]) async throws {
    contents.withLock { contents in
      for settlement in settlements { contents.settle(settlement) }
    }
  }

  package func unsettled(after position: JournalPosition?, limit: Int) async throws -> [UnsettledEntry] {
    contents.withLock { $0.unsettled(after: position, limit: limit) }
  }

  package func ledger() async throws -> [LedgerEntry] {
    contents.withLock { $0.ledger }
  }
}
