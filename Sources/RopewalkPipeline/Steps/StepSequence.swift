import RopewalkCore
import RopewalkPlugins

/// Steps that run straight after one another in the caller's task.
struct StepSequence: Sendable {
  enum Outcome {
    case passed
    case dropped(step: String)
    case failed(LogicError, step: PlannedStep)
    /// The run was stopped meanwhile: the journal keeps the message.
    case abandoned
  }

  let steps: [PlannedStep]

  /// Runs what is left of the steps on a message.
  func run(_ passage: inout Passage) async -> Outcome {
    while passage.nextStep < steps.count {
      let step = steps[passage.nextStep]
      do throws(LogicError) {
        switch try await step.node(for: passage.accepted.replay).process(passage.message) {
        case .pass: break
        case .replace(let payload, let contentType, let headers):
          passage.message.payload = payload
          if let contentType { passage.message.contentType = contentType }
          if let headers { passage.message.headers = headers }
        case .drop: return .dropped(step: step.name)
        }
      } catch {
        return Task.isCancelled ? .abandoned : .failed(error, step: step)
      }
      passage.nextStep += 1
      if !passage.failures.isEmpty { passage.failures = [] }
    }
    return .passed
  }
}
