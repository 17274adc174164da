import RopewalkCore
import RopewalkJournal
import Synchronization

/// The journal's ledger, read at most once in so long however many ask.
final class LedgerGlance: Sendable {
  private let journal: any Journal
  private let stopwatch: Stopwatch
  private let maxAge: Duration
  private let last = Mutex<(entries: [LedgerEntry], readAt: Duration)?>(nil)

  init(_ journal: any Journal, maxAge: Duration = .seconds(1), stopwatch: Stopwatch = Stopwatch()) {
    self.journal = journal
    self.maxAge = maxAge
    self.stopwatch = stopwatch
  }

  func entries() async throws -> [LedgerEntry] {
    let now = stopwatch.elapsed
    if let last = last.withLock(\.self), now - last.readAt < maxAge { return last.entries }
    return try await entriesNow()
  }

  func entriesNow() async throws -> [LedgerEntry] {
    let now = stopwatch.elapsed
    let entries = try await journal.ledger()
    last.withLock { $0 = (entries, now) }
    return entries
  }
}
