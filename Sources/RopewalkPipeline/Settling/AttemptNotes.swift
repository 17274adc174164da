import RopewalkCore
import RopewalkJournal
import Synchronization

/// Has the journal keep the attempts of deliveries that will be tried again, many at a time and without anything waiting
/// for it: should the process end before they do, their letters still have them.
final class AttemptNotes: Sendable {
  /// Kept of one delivery; of more, the last ones.
  private static let maxKept = 50

  private let journal: any Journal
  private let failed: BatchQueue<FailedAttempts>

  init(journal: any Journal, limits: RunLimits, stopwatch: Stopwatch) {
    self.journal = journal
    self.failed = BatchQueue(maxBatch: limits.maxSettleBatch, stopwatch: stopwatch)
  }

  func append(_ delivery: Delivery) {
    guard journal.keepsAttempts else { return }
    let attempts = delivery.machine.withLock(\.failures).suffix(Self.maxKept)
    failed.append(
      FailedAttempts(
        position: delivery.accepted.position,
        destination: delivery.message.metadata.destination,
        attempts: Array(attempts)
      )
    )
  }

  /// Writes until ``finish()``. What cannot be written is lost: it is in the log, at debug, and the message itself is safe.
  func run() async {
    await failed.run { try? await journal.note(Array($0)) }
  }

  func finish() {
    failed.finish()
  }
}
