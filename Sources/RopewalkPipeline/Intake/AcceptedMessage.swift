import RopewalkCore
import RopewalkJournal
import Synchronization

/// A message that the journal has and that is in memory, until each of its destinations has its end.
final class AcceptedMessage: Sendable {
  let position: JournalPosition
  /// As it came; dead letters show it beside what became of it.
  let original: Message
  /// The places, in the plan, of the destinations that this copy goes to; others may get another one from the journal.
  let destinations: [Int]
  /// When it was accepted, on the run's stopwatch; below zero for one that an earlier run accepted.
  let acceptedAt: Duration
  let lane: CustomerLane
  /// Its bytes in memory.
  let size: Int
  /// The part of its order that it belongs to, when the integration keeps one by key.
  let orderingKey: String
  /// Set when this is a dead letter that is sent again.
  let replay: Replay?
  /// What failed before it was read from the journal, by destination.
  let attempts: [String: [DeadLetter.Attempt]]
  private let open: Atomic<Int>

  init(
    position: JournalPosition,
    original: Message,
    destinations: [Int],
    openPairs: Int,
    acceptedAt: Duration,
    lane: CustomerLane,
    size: Int,
    orderingKey: String = "",
    replay: Replay? = nil,
    attempts: [String: [DeadLetter.Attempt]] = [:]
  ) {
    self.position = position
    self.original = original
    self.destinations = destinations
    self.acceptedAt = acceptedAt
    self.lane = lane
    self.size = size
    self.orderingKey = orderingKey
    self.replay = replay
    self.attempts = attempts
    self.open = Atomic(openPairs)
  }

  var customer: String { original.metadata.customerID }
  var tally: Tally { lane.tally }

  /// Counts one pair as settled; true when it was the last in memory.
  func settleOne() -> Bool {
    open.subtract(1, ordering: .acquiringAndReleasing).newValue == 0
  }
}
