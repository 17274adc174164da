import RopewalkCore
import RopewalkJournal

/// The end of one pair of message and destination, on its way to the journal.
struct Ending: Sendable {
  let accepted: AcceptedMessage
  let destination: String
  /// Its place in the plan; nil when the integration no longer has it.
  let place: Int?
  let outcome: Settlement.Outcome
  /// Shared by the endings of all destinations that it stands for.
  let letter: DeadLetter?
  /// When it ended, on the run's stopwatch.
  let endedAt: Duration
  /// Only when someone observes endings.
  let settled: SettledMessage?

  var settlement: Settlement {
    Settlement(position: accepted.position, destination: destination, outcome: outcome, letterID: letter?.id)
  }
}
