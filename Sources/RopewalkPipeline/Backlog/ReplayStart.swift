import RopewalkCore
import RopewalkJournal

extension ErrorCode {
  /// A dead letter is to begin at a stage that the integration no longer has.
  static let replayStageUnknown = ErrorCode("replay.stage.unknown", .notFound)
}

/// Where in the pipeline the replay of a dead letter begins.
struct ReplayStart: Equatable {
  /// Of the integration's steps.
  var nextStep = 0
  /// Of the destinations' own steps.
  var firstOwnStep = 0

  /// Nil when no message for these destinations passes such a stage.
  /// - Parameter destinations: their places.
  init?(_ replay: Replay?, destinations: [Int], in plan: Plan) {
    guard let stage = replay?.stage else { return }
    nextStep = plan.steps.count
    if stage == DeadLetter.deliveryStage {
      firstOwnStep = .max
    } else if let step = plan.steps.firstIndex(where: { $0.name == stage }) {
      nextStep = step
    } else if let destination = destinations.first, destinations.count == 1,
      let step = plan.destinations[destination].steps.firstIndex(where: { $0.name == stage })
    {
      firstOwnStep = step
    } else {
      return nil
    }
  }
}
