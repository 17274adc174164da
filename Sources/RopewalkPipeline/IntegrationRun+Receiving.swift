import RopewalkConnector
import RopewalkCore
import RopewalkResources

extension IntegrationRun {
  /// Receives from all incoming connections until they have ended, one fails for good, or it is asked to end.
  /// Returns the failure.
  func receive() async -> (any Error)? {
    await withTaskGroup(of: (any Error)?.self) { group in
      for incoming in plan.incoming { group.addTask { await self.receive(from: incoming) } }
      group.addTask { [receivingEnded] in
        await receivingEnded.wait()
        return nil
      }
      var sources = plan.incoming.count
      while let failure = await group.next(), !receivingEnded.isOpen {
        sources -= 1
        if failure == nil, sources > 0 || !endsWhenSourcesEnd { continue }
        group.cancelAll()
        return failure
      }
      group.cancelAll()
      return nil
    }
  }

  /// Receives from one connection until it ends; one that breaks is opened again, as its retry policy says but without
  /// an end, unless the run ends with its sources. Returns why it failed for good.
  private func receive(from incoming: PlannedIncoming) async -> (any Error)? {
    let (intake, name) = (intake, incoming.spec.name)
    let inbox = Inbox(leftOut: intake.leaveOut) { await intake.accept($0, from: name) }
    var failures = 0
    var isConnected = true
    while true {
      let start = stopwatch.elapsed
      var failure: ConnectionError?
      if !isConnected { failure = await connect(incoming.spec, incoming.node) }
      if failure == nil {
        faults.clear(.incoming(name))
        do throws(ConnectionError) {
          try await incoming.node.receive(into: inbox)
          return nil
        } catch {
          failure = error
        }
      }
      guard let failure = failure?.redacted(by: incoming.redact), !Task.isCancelled, !receivingEnded.isOpen else { return nil }
      // Having worked for longer than the longest wait, it starts anew.
      failures = stopwatch.elapsed - start > incoming.spec.retryPolicy.maxBackoff ? 1 : failures + 1
      guard let wait = wait(afterFailure: failures, failure, incoming) else { return sourceFailure(incoming, failure) }
      faults.report(.incoming(name), "the incoming connection '\(name)' broke and is opened again: \(failure)")
      await incoming.node.disconnect()
      isConnected = false
      do { try await stopwatch.sleepAside(for: wait) } catch { return nil }
    }
  }

  private func wait(afterFailure failures: Int, _ failure: ConnectionError, _ incoming: PlannedIncoming) -> Duration? {
    guard failure.recoverable else { return nil }
    var policy = incoming.spec.retryPolicy
    if !endsWhenSourcesEnd { policy.maxRetries = .max }
    var generator = SystemRandomNumberGenerator()
    return Backoff(policy: policy, maxRetryAfter: limits.maxRetryAfter)
      .wait(afterFailure: failures, retryAfter: failure.retryAfter, using: &generator)
  }

  private func sourceFailure(_ incoming: PlannedIncoming, _ failure: ConnectionError) -> RopewalkError {
    RopewalkError(
      .sourceFailed,
      "integration '\(plan.integration.metadata.name)': the incoming connection '\(incoming.spec.name)' (\(incoming.spec.type)) failed for good",
      place: incoming.spec.places.mark(for: []),
      cause: failure
    )
  }
}
