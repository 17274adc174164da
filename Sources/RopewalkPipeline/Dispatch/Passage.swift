import RopewalkCore
import RopewalkJournal

/// A message on its way through a sequence of steps.
struct Passage: Sendable {
  let accepted: AcceptedMessage
  /// As the last step left it.
  var message: Message
  /// The step that is next.
  var nextStep = 0
  /// The first of its destinations' own steps that it goes through.
  var firstOwnStep = 0
  /// The steps that it began with; nil when it has not begun.
  var steps: StepGeneration?
  /// The own steps that ``firstOwnStep`` is of; nil for those that its destination has by then.
  var ownSteps: StepGeneration?
  /// What failed in that step so far.
  var failures: [DeadLetter.Attempt] = []
}
