import RopewalkCore
import RopewalkPlugins
import Synchronization

/// Steps that run straight after one another in the caller's task, and can be replaced while messages pass.
final class StepSequence: Sendable {
  enum Outcome {
    case passed
    case dropped(step: String)
    case failed(LogicError, step: PlannedStep)
    /// The run was stopped meanwhile: the journal keeps the message.
    case abandoned
  }

  private struct State {
    var generation: StepGeneration
    var unused: Gate
  }

  private let state: Mutex<State>

  init(steps: [PlannedStep]) {
    let unused = Gate()
    self.state = Mutex(State(generation: StepGeneration(steps, unused: unused), unused: unused))
  }

  /// The steps that the next message begins with.
  var current: StepGeneration { state.withLock(\.generation) }

  /// Messages that begin from now on go through these steps; those under way keep the ones that they began with.
  func replace(with steps: [PlannedStep]) -> ReplacedSteps {
    let unused = Gate()
    let old = state.withLock { state in
      let old = state
      state = State(generation: StepGeneration(steps, unused: unused), unused: unused)
      return old
    }
    return ReplacedSteps(steps: old.generation.steps, unused: old.unused)
  }

  /// Runs what is left of the steps on a message.
  func run(_ passage: inout Passage) async -> Outcome {
    let generation = passage.steps ?? current
    passage.steps = generation
    let steps = generation.steps
    while passage.nextStep < steps.count {
      let step = steps[passage.nextStep].of(customer: passage.accepted.customer)
      do throws(LogicError) {
        switch try await step.process(passage.message, for: passage.accepted.replay) {
        case .pass: break
        case .replace(let payload, let contentType, let headers):
          passage.message.payload = payload
          if let contentType { passage.message.contentType = contentType }
          if let headers { passage.message.headers = headers }
        case .drop: return .dropped(step: step.name)
        }
      } catch {
        return Task.isCancelled ? .abandoned : .failed(step.redacted(error), step: step)
      }
      passage.nextStep += 1
      if !passage.failures.isEmpty { passage.failures = [] }
    }
    passage.steps = nil
    return .passed
  }
}
