import RopewalkCore
import RopewalkJournal
import Synchronization

/// A message that the journal has, until each of its destinations has its end.
final class AcceptedMessage: Sendable {
  let position: JournalPosition
  /// As it came; dead letters show it beside what became of it.
  let original: Message
  /// The places, in the plan, of the destinations that it goes to.
  let destinations: [Int]
  /// When it was accepted, on the run's stopwatch; nil for one that an earlier run accepted.
  let acceptedAt: Duration?
  let tally: Tally
  /// Set when this is a dead letter that is sent again.
  let replay: Replay?
  private let open: Atomic<Int>

  init(
    position: JournalPosition,
    original: Message,
    destinations: [Int],
    openPairs: Int,
    acceptedAt: Duration?,
    tally: Tally,
    replay: Replay? = nil
  ) {
    self.position = position
    self.original = original
    self.destinations = destinations
    self.acceptedAt = acceptedAt
    self.tally = tally
    self.replay = replay
    self.open = Atomic(openPairs)
  }

  var customer: String { original.metadata.customerID }

  /// Counts one pair as settled; true when it was the last.
  func settleOne() -> Bool {
    open.subtract(1, ordering: .acquiringAndReleasing).newValue == 0
  }
}
