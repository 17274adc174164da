import RopewalkControllers
import RopewalkCore
import RopewalkJournal
import RopewalkPipeline
import RopewalkResources
import Synchronization

/// The end of an integration.
extension IntegrationController {
  /// Takes nothing more for an object that is to be deleted, and lets it go when everything it accepted is settled.
  func drain(_ object: Resource, at key: ResourceKey) async throws -> ReconcileResult {
    guard object.metadata.finalizers.contains(Self.finalizer) else {
      try await abandon(key)
      return .done
    }
    let deployment = deployments.withLock { $0[key] }
    if let running = deployment?.running, running.end == nil {
      running.run.finish()
      await within(limits.drainCheck) { await running.ended() }
      if running.end == nil {
        try await reportDraining(object, at: key, open: running.run.openPairs)
        return .after(limits.drainCheck)
      }
    }
    let left = try await messages(of: key, now: true)?.inFlight ?? 0
    await tell(
      left == 0 ? .normal : .warning,
      "Drained",
      left == 0
        ? "everything is settled" : "\(left) deliveries stay in the journal; declare the integration again to have them made",
      object,
      key
    )
    deployments.withLock { $0[key] = nil }
    try await reportCustomers(in: key.namespace)
    _ = try await client.modify(key, .main, options: WriteOptions()) { object in
      object.metadata.finalizers.removeAll { $0 == Self.finalizer }
    }
    return .done
  }

  /// Ends the run of an object that has gone without being drained. What is in the journal stays there.
  func abandon(_ key: ResourceKey) async throws {
    guard let deployment = deployments.withLock({ $0.removeValue(forKey: key) }) else { return }
    deployment.running?.run.drain()
    await deployment.running?.ended()
    try await reportCustomers(in: key.namespace)
  }

  private func within(_ limit: Duration, _ body: @escaping @Sendable () async -> Void) async {
    await withTaskGroup { group in
      group.addTask { await body() }
      group.addTask { [stopwatch] in try? await stopwatch.sleepAside(for: limit) }
      await group.next()
      group.cancelAll()
    }
  }
}
