package import RopewalkCore
import Synchronization

/// A journal that survives nothing: for tests, and for `run --journal memory`.
///
/// Appending and settling cost the same however much is in flight, and a settled message's memory is given back at once.
package final class MemoryJournal: Journal {
  package let isDurable: Bool
  private let contents: Mutex<MemoryJournalContents>
  private let deadLetterFile: DeadLetterFile?
  private let stopwatch: Stopwatch

  /// - Parameters:
  ///   - deadLetterFile: keeps the letters when the process is gone.
  ///   - isDurable: what ``isDurable`` says; true where the journal outlives the run, as in tests of restarts.
  ///   - clock: measures the window in which duplicates are recognised.
  package init(
    limits: JournalLimits = JournalLimits(),
    deadLetterFile: DeadLetterFile? = nil,
    isDurable: Bool = false,
    clock: any Clock<Duration> = ContinuousClock()
  ) {
    self.contents = Mutex(MemoryJournalContents(limits: limits))
    self.isDurable = isDurable
    self.deadLetterFile = deadLetterFile
    self.stopwatch = Stopwatch(clock)
  }

  package func append(_ entries: [JournalEntry]) async throws -> [AppendResult] {
    let (now, time) = (stopwatch.elapsed, stopwatch.timestamp)
    return contents.withLock { contents in
      entries.map { contents.append($0, at: now, time: time) }
    }
  }

  package func settle(_ settlements: [Settlement], deadLetters: [DeadLetter]) async throws {
    if let deadLetterFile, !deadLetters.isEmpty { try await deadLetterFile.append(deadLetters) }
    try contents.withLock { contents throws(RopewalkError) in
      try contents.keep(deadLetters)
      for settlement in settlements { contents.settle(settlement) }
    }
  }

  package var keepsAttempts: Bool { true }

  package func note(_ attempts: [FailedAttempts]) async throws {
    contents.withLock { contents in
      for failed in attempts { contents.note(failed) }
    }
  }

  package func unsettled(
    in lane: JournalLane,
    after position: JournalPosition?,
    limit: Int,
    maxSize: ByteCount
  ) async throws -> UnsettledPage {
    contents.withLock { $0.unsettled(in: lane, after: position, limit: limit, maxSize: maxSize) }
  }

  package func ledger() async throws -> [LedgerEntry] {
    contents.withLock { $0.ledger }
  }

  package func inFlight(of integration: String) async throws -> [String: Int] {
    contents.withLock { $0.inFlight(of: integration) }
  }

  package func deadLetters(matching query: DeadLetterQuery, after id: String?, limit: Int) async throws -> [DeadLetter] {
    contents.withLock { $0.letters.matching(query, after: id, limit: limit) }
  }

  package func discard(deadLetters ids: [String], reason: String) async throws -> Int {
    let time = stopwatch.timestamp
    return contents.withLock { contents in
      ids.count { contents.letters.close($0, as: .discarded(at: time, reason: reason)) }
    }
  }
}
