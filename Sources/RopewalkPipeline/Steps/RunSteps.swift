import RopewalkCore
import Synchronization

/// All the steps of a run: those in front of every destination, and each destination's own.
final class RunSteps: Sendable {
  let common: StepSequence
  /// By destination, in the plan's order; nil for one without steps.
  let own: [StepSequence?]
  /// Steps that were replaced and are still in use.
  private let replaced = Mutex<[ReplacedSteps]>([])
  private let newlyReplaced: AsyncStream<ReplacedSteps>
  private let announce: AsyncStream<ReplacedSteps>.Continuation

  init(common: StepSequence, own: [StepSequence?]) {
    self.common = common
    self.own = own
    // One element for each change of the integration.
    (newlyReplaced, announce) = AsyncStream.makeStream(bufferingPolicy: .unbounded)
  }

  /// Whether a plan's steps can take the place of these: each destination has steps of its own, or has none, as before.
  func canBecome(those plan: Plan) -> Bool {
    plan.destinations.count == own.count && zip(plan.destinations, own).allSatisfy { $0.steps.isEmpty == ($1 == nil) }
  }

  func become(those plan: Plan) {
    var old = [common.replace(with: plan.steps)]
    for (destination, sequence) in zip(plan.destinations, own) {
      if let sequence { old.append(sequence.replace(with: destination.steps)) }
    }
    replaced.withLock { $0 += old }
    for steps in old { announce.yield(steps) }
  }

  /// Gives replaced steps back when their last message has left them, until cancelled.
  func retire() async {
    await withDiscardingTaskGroup { group in
      for await old in newlyReplaced {
        group.addTask {
          await old.unused.wait()
          guard !Task.isCancelled else { return }
          self.replaced.withLock { $0.removeAll { $0.unused === old.unused } }
          for step in old.steps { await step.shutdown() }
        }
      }
    }
  }

  /// Gives everything back; no message may pass any more.
  func shutdown() async {
    let old = replaced.withLock { replaced in
      defer { replaced = [] }
      return replaced.flatMap(\.steps)
    }
    for step in old + common.current.steps + own.compactMap({ $0?.current.steps }).flatMap(\.self) { await step.shutdown() }
  }
}
