/// What became of messages. Counts of pairs (message, destination), but `messages`, `refused`, `invalid` and `duplicates` count messages.
package struct Counts: Sendable, Equatable {
  /// Messages that the journal took.
  package var messages = 0
  package var accepted = 0
  package var delivered = 0
  package var filtered = 0
  package var deadLettered = 0
  /// Further attempts of deliveries and of steps.
  package var retries = 0
  /// Messages that were not taken: full, stopping, not valid.
  package var refused = 0
  /// Of those, the ones that can never be taken: without a customer, too large.
  package var invalid = 0
  package var duplicates = 0

  package init() {}

  /// The delivery law: accepted = delivered + filtered + dead-lettered + in flight.
  package var inFlight: Int { accepted - delivered - filtered - deadLettered }

  package static func + (left: Counts, right: Counts) -> Counts {
    var sum = left
    sum.messages += right.messages
    sum.accepted += right.accepted
    sum.delivered += right.delivered
    sum.filtered += right.filtered
    sum.deadLettered += right.deadLettered
    sum.retries += right.retries
    sum.refused += right.refused
    sum.invalid += right.invalid
    sum.duplicates += right.duplicates
    return sum
  }
}
