import Synchronization

/// The running counts of one customer, without a lock.
final class Tally: Sendable {
  let messages = Counter()
  let accepted = Counter()
  let delivered = Counter()
  let filtered = Counter()
  let deadLettered = Counter()
  let retries = Counter()
  let refused = Counter()
  let invalid = Counter()
  let duplicates = Counter()

  /// The counts now. What ended is read before what was accepted, so that nothing in flight is ever negative.
  var counts: Counts {
    var counts = Counts()
    counts.delivered = delivered.value
    counts.filtered = filtered.value
    counts.deadLettered = deadLettered.value
    counts.retries = retries.value
    counts.invalid = invalid.value
    counts.refused = refused.value
    counts.duplicates = duplicates.value
    counts.accepted = accepted.value
    counts.messages = messages.value
    return counts
  }
}

struct Counter: ~Copyable, Sendable {
  private let number = Atomic(0)

  var value: Int { number.load(ordering: .acquiring) }

  borrowing func count(_ many: Int = 1) {
    number.add(many, ordering: .releasing)
  }
}
