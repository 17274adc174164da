import Logging
import RopewalkCore
import RopewalkJournal
import Synchronization

/// What of a run works beside what, and in which order it begins and ends.
extension IntegrationRun {
  /// The settler outlives everything that a message can end in, and the alerts outlive the settler.
  func flow() async throws {
    try await withThrowingDiscardingTaskGroup { group in
      group.addTask { await self.alerts.run() }
      group.addTask {
        await self.settler.run()
        self.alerts.finish()
      }
      setFlowing(true)
      defer {
        settler.finish()
        // Not before the deliveries that wait are cancelled: a virtual clock would go on to their next attempts.
        setFlowing(false)
      }
      try await passOn()
    }
  }

  private func passOn() async throws {
    try await withThrowingDiscardingTaskGroup { group in
      group.addTask { await self.dispatcher.run() }
      for destination in destinations { group.addTask { await destination.run() } }
      defer {
        stop()
        group.cancelAll()
      }
      try await reader.begin()
      group.addTask { await self.reader.run() }
      group.addTask { await self.steps.retire() }
      if let interval = limits.replayInterval { group.addTask { await self.lookForReplays(every: interval) } }
      onReady?()
      let failure = await receive()
      if let failure {
        logger.error("An incoming connection failed for good: the integration ends", metadata: ["error": "\(failure)"])
      }
      backlog.close()
      try await waitUntilSettled(orStuck: failure != nil && journal.isDurable)
      if let failure { throw failure }
    }
  }

  func stop() {
    backlog.close()
    dispatcher.close()
    for destination in destinations { destination.close() }
    backlog.end()
  }

  private func lookForReplays(every interval: Duration) async {
    while true {
      do { try await stopwatch.sleepAside(for: interval) } catch { return }
      // A journal that cannot be read says so to whoever reads the backlog.
      if await (try? journal.mayHaveReplays()) ?? true { backlog.lookForReplays() }
    }
  }
}
