import RopewalkCore
import RopewalkJournal

extension ErrorCode {
  /// A dead letter is to begin at a stage that the integration no longer has.
  static let replayStageUnknown = ErrorCode("replay.stage.unknown", .notFound)
  /// A replay names a version of a step that it does not pass through.
  static let replayStepNotPassed = ErrorCode("replay.step.not-passed", .invalid)
}

/// Where in the pipeline the replay of a dead letter begins.
struct ReplayStart: Equatable {
  /// Of the integration's steps.
  var nextStep = 0
  /// Of the destinations' own steps.
  var firstOwnStep = 0

  /// Why there is no such place.
  enum Problem: Error, Equatable {
    case stageUnknown(String)
    /// With the names of the steps that it goes through.
    case stepNotPassed(String, of: [String])
  }

  /// - Parameter destinations: their places.
  /// - Throws: when no message for these destinations passes such a stage, or the replay names a version of a step that it
  ///   would not run.
  init(_ replay: Replay, destinations: [Int], in plan: Plan) throws(Problem) {
    if let stage = replay.stage { try begin(at: stage, destinations, plan) }
    guard !replay.versions.isEmpty else { return }
    let own = destinations.flatMap { plan.destinations[$0].steps.dropFirst(firstOwnStep) }
    let passed = (plan.steps.dropFirst(nextStep) + own).map(\.name)
    // A node may have but a part of the integration, and that without its steps.
    if plan.isContinuation, passed.isEmpty { return }
    if let step = replay.versions.keys.sorted().first(where: { !passed.contains($0) }) { throw .stepNotPassed(step, of: passed) }
  }

  private mutating func begin(at stage: String, _ destinations: [Int], _ plan: Plan) throws(Problem) {
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
      throw .stageUnknown(stage)
    }
  }
}
