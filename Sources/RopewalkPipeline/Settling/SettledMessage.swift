package import RopewalkCore
package import RopewalkJournal

/// What an observer is told of each pair of message and destination once the journal has its end.
package struct SettledMessage: Sendable {
  package var destination: String
  package var outcome: Settlement.Outcome
  /// As it was delivered, dropped or given up.
  package var message: Message
  /// Attempts to deliver that have ended; 0 when it did not get that far.
  package var attempts: Int
  /// The step that dropped it.
  package var step: String?
  /// What was written about it when it was given up.
  package var deadLetter: DeadLetter?
}
