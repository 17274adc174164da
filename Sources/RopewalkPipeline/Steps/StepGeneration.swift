import RopewalkCore

/// The steps of a sequence as they are from one change to the next. A message keeps those that it began with.
final class StepGeneration: Sendable {
  let steps: [PlannedStep]
  /// Opens when no message needs the steps any more.
  private let unused: Gate

  init(_ steps: [PlannedStep], unused: Gate = Gate()) {
    self.steps = steps
    self.unused = unused
  }

  deinit { unused.open() }
}

/// Steps that no message begins with any more.
struct ReplacedSteps: Sendable {
  let steps: [PlannedStep]
  /// Opens when the last message has left them.
  let unused: Gate
}
