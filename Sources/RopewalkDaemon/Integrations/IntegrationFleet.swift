import RopewalkCore
import RopewalkPipeline
import ServiceLifecycle
import Synchronization

extension ErrorCode {
  static let fleetEnded = ErrorCode("integration.stopping", .unavailable)
}

/// The integrations that run in this process. They come and go while it works.
final class IntegrationFleet: Service {
  private struct State {
    var running: [ObjectIdentifier: RunningIntegration] = [:]
    var isClosed = false
    /// The first failure to drain.
    var failure: (any Error)?
  }

  private let state = Mutex(State())
  private let arrivals: AsyncStream<RunningIntegration>
  private let announce: AsyncStream<RunningIntegration>.Continuation

  init() {
    // As many as integrations are started before the service runs.
    (arrivals, announce) = AsyncStream.makeStream(bufferingPolicy: .unbounded)
  }

  /// Has an integration run from now on; one that comes when the process stops ends at once.
  func start(_ integration: RunningIntegration) {
    let isTaken = state.withLock { state in
      guard !state.isClosed else { return false }
      state.running[ObjectIdentifier(integration)] = integration
      return true
    }
    if isTaken {
      announce.yield(integration)
    } else {
      integration.finish(RopewalkError(.fleetEnded, "the process is stopping; nothing is started any more"))
    }
  }

  /// The counts of each integration that runs, in the order of their names.
  func counts(resettingLatency: Bool = false) -> [CountsSnapshot] {
    state.withLock { Array($0.running.values) }
      .map { $0.run.snapshot(resettingLatency: resettingLatency) }
      .sorted { $0.integration < $1.integration }
  }

  /// Runs integrations until graceful shutdown, which drains them, or cancellation, which stops them.
  /// - Throws: what an integration lost when it was drained, which only one with a memory journal does.
  func run() async throws {
    await withTaskCancellationOrGracefulShutdownHandler {
      await withDiscardingTaskGroup { group in
        for await integration in arrivals { group.addTask { await self.live(integration) } }
      }
    } onCancelOrGracefulShutdown: {
      self.close()
    }
    try Task.checkCancellation()
    if let failure = state.withLock(\.failure) { throw failure }
  }

  private func live(_ integration: RunningIntegration) async {
    await integration.live()
    state.withLock { state in
      state.running[ObjectIdentifier(integration)] = nil
      if state.isClosed, case .ended(let error?) = integration.end { state.failure = state.failure ?? error }
    }
  }

  private func close() {
    state.withLock { $0.isClosed = true }
    announce.finish()
  }
}
