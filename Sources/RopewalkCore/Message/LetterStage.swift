/// What the stage of a dead letter is called where no step failed; no step can have such a name.
package enum LetterStage: String {
  /// A delivery failed.
  case delivery
  /// The message failed before its first step.
  case start
}
