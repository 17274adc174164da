import RopewalkNATS
import ServiceLifecycle

/// Ends a node that cannot read its ledger any further: it would settle nothing, and deliver again and again what it does not know the
/// ends of.
struct LedgerWatch: Service {
  let journal: JetStreamJournal

  func run() async throws {
    do {
      try await cancelWhenGracefulShutdown { try await journal.untilUnreadable() }
    } catch is CancellationError {}
  }
}
