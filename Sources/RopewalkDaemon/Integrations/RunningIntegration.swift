import Logging
import RopewalkCore
import RopewalkJournal
import RopewalkPipeline
import Synchronization

/// One run of an integration, and what became of it.
final class RunningIntegration: Sendable {
  enum Outcome {
    /// It takes messages.
    case ready
    case ended((any Error)?)
  }

  private enum State {
    case starting, ready
    case ended((any Error)?)
  }

  let run: IntegrationRun
  private let state: ProtectedState
  private let begun: Gate
  private let over = Gate()
  private let onEnd: @Sendable () -> Void

  /// Holds the state apart, because the run tells it of its start.
  private final class ProtectedState: Sendable {
    let value = Mutex<State>(.starting)
  }

  /// - Parameter onEnd: called when the run has ended, whatever the reason.
  init(plan: Plan, journal: any Journal, logger: Logger, onEnd: @escaping @Sendable () -> Void) {
    let (state, begun) = (ProtectedState(), Gate())
    self.state = state
    self.begun = begun
    self.onEnd = onEnd
    self.run = IntegrationRun(
      plan: plan,
      journal: journal,
      logger: logger,
      onReady: {
        state.value.withLock { $0 = .ready }
        begun.open()
      }
    )
  }

  var isReady: Bool { state.value.withLock { if case .ready = $0 { true } else { false } } }

  /// Why it ended, when it has: nil when it was asked to.
  var end: Outcome? {
    state.value.withLock { if case .ended(let error) = $0 { .ended(error) } else { nil } }
  }

  /// Runs until it is drained, fails, or the task is cancelled.
  func live() async {
    do {
      try await run.run()
      finish(nil)
    } catch {
      finish(error)
    }
  }

  /// It will not run any more.
  func finish(_ error: (any Error)?) {
    state.value.withLock { $0 = .ended(error) }
    begun.open()
    over.open()
    onEnd()
  }

  /// Waits until it takes messages or has ended.
  func outcome() async -> Outcome {
    await begun.wait()
    return end ?? .ready
  }

  /// Waits until it has ended.
  func ended() async { await over.wait() }
}
