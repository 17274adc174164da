import Logging
import RopewalkCore
import RopewalkJournal
import RopewalkResources
import Synchronization

/// How a run ends: what it waits for, and how long.
extension IntegrationRun {
  struct Draining {
    /// When the drain gives up; nil while none was asked for.
    var deadline: Duration?
    var isFlowing = false
  }

  /// Receives nothing more and ends ``run()`` when what is in flight is settled.
  ///
  /// The drain timeout counts from here.
  /// - Parameter limit: a shorter one than the integration's own.
  package func drain(within limit: Duration? = nil) {
    backlog.close()
    draining.withLock { draining in
      guard draining.deadline == nil else { return }
      // A virtual clock stands still until the drain itself waits for it.
      if draining.isFlowing { stopwatch.beginWork() }
      draining.deadline = stopwatch.elapsed + min(drainTimeout, limit ?? drainTimeout)
    }
    receivingEnded.open()
    drainRequested.open()
  }

  /// Says whether messages flow. A drain keeps a virtual clock still only then: before and after, it has nothing to wait for, and
  /// would never let it go on.
  func setFlowing(_ isFlowing: Bool) {
    let isDraining = draining.withLock { draining in
      draining.isFlowing = isFlowing
      return draining.deadline != nil
    }
    guard isDraining else { return }
    if isFlowing { stopwatch.beginWork() } else { stopwatch.endWork() }
  }

  /// Receives nothing more and ends ``run()`` when everything is settled, what waits in the journal too.
  package func finish() {
    backlog.close()
    receivingEnded.open()
  }

  /// Waits until everything is settled, or after a request to drain until it is of no use to wait any longer.
  /// - Parameter isImpatient: whether it is of no use any more when nothing has been settled for a drain's time.
  func waitUntilSettled(orStuck isImpatient: Bool) async throws {
    await withTaskGroup { group in
      group.addTask { await self.backlog.emptied.wait() }
      group.addTask { await self.finishDraining() }
      if isImpatient { group.addTask { await self.untilNothingSettles() } }
      await group.next()
      group.cancelAll()
    }
    try Task.checkCancellation()
    let open = backlog.openPairs
    guard open > 0 else { return }
    if journal.isDurable {
      logger.notice("Stopped with deliveries left; they wait in the journal for the next start", metadata: ["count": "\(open)"])
      return
    }
    throw RopewalkError(
      .drainTimeout,
      "integration '\(plan.integration.metadata.name)' stopped with \(open) deliveries in flight after \(drainTimeout.shortText) (limits.drainTimeout); they are lost, because its journal is in memory only"
    )
  }

  private var drainTimeout: Duration { plan.integration.spec.limits.drainTimeout }

  private func finishDraining() async {
    await drainRequested.wait()
    guard let deadline = draining.withLock(\.deadline) else { return }
    if journal.isDurable { backlog.stopReading() }
    while !Task.isCancelled, !backlog.unheld.isOpen, !isQuiet(until: deadline) {
      let left = deadline - stopwatch.elapsed
      guard left > .zero else { return }
      do { try await stopwatch.sleep(until: stopwatch.elapsed + min(limits.drainCheck, left)) } catch { return }
    }
  }

  /// Returns once what is open has not changed for a drain's time.
  private func untilNothingSettles() async {
    var (open, start) = (backlog.openPairs, stopwatch.elapsed)
    while stopwatch.elapsed - start < drainTimeout {
      do { try await stopwatch.sleepAside(for: limits.drainCheck) } catch { return }
      let now = backlog.openPairs
      if now != open { (open, start) = (now, stopwatch.elapsed) }
    }
  }

  /// Whether nothing will be settled until then, because all that is in memory waits for later: for its next attempt, or
  /// for a destination whose circuit is open.
  private func isQuiet(until deadline: Duration) -> Bool {
    guard settler.isIdle, !backlog.isReading else { return false }
    return (destinations.map(\.quietUntil) + [dispatcher.quietUntil]).allSatisfy { $0.map { $0 >= deadline } ?? false }
  }
}
