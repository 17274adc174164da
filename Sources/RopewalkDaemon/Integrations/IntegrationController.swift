import Logging
import RopewalkControllers
package import RopewalkCore
import RopewalkJournal
import RopewalkPipeline
package import RopewalkResources
import Synchronization

/// Makes what `Integration` objects declare run in this process.
///
/// One look at an object: read what it declares; when that is not what runs, start it, replace the steps of the run while
/// messages pass, or put another run in its place; say how it is. A declaration that cannot run leaves the one before
/// running. What was accepted is in the journal, which all runs share, so that nothing is lost between two of them.
package final class IntegrationController: Reconciler {
  package static let collection = ResourceCollection(group: "ropewalk.dev", plural: "integrations")
  /// Keeps an object that is to be deleted until everything it accepted is settled.
  package static let finalizer = "ropewalk.dev/drain"

  static let name = "integrations"

  package let name: String = IntegrationController.name
  package let kinds: [ResourceCollection] = [IntegrationController.collection]

  let client: any ResourceClient
  let reader: DeclarationReader
  let assembly: Assembly
  let journal: any Journal
  let fleet: IntegrationFleet
  let limits: IntegrationLimits
  let redaction: LogRedaction
  let logger: Logger
  let events: ControllerEvents
  let ledger: LedgerGlance
  let stopwatch = Stopwatch()
  let deployments = Mutex<[ResourceKey: Deployment]>([:])
  /// Those whose secrets or customers may have changed since they were read.
  let stale = Mutex<Set<ResourceKey>>([])
  private let onEnd: @Sendable (ResourceKey) -> Void

  /// - Parameters:
  ///   - client: of the manager.
  ///   - onEnd: called when an integration's run has ended, so that it is looked at.
  init(
    client: any ResourceClient,
    reader: DeclarationReader,
    assembly: Assembly,
    journal: any Journal,
    fleet: IntegrationFleet,
    limits: IntegrationLimits = IntegrationLimits(),
    workspace: Workspace,
    onEnd: @escaping @Sendable (ResourceKey) -> Void
  ) {
    self.client = client
    self.reader = reader
    self.assembly = assembly
    self.journal = journal
    self.fleet = fleet
    self.limits = limits
    self.redaction = workspace.redaction
    self.logger = workspace.logger
    self.events = ControllerEvents(client: client, controller: Self.name, logger: workspace.logger)
    self.ledger = LedgerGlance(journal)
    self.onEnd = onEnd
  }

  /// How the manager is to run it.
  var options: ControllerOptions {
    var options = ControllerOptions()
    options.maxConcurrentReconciles = limits.maxConcurrentChanges
    options.filter = .generationChanged
    options.resyncPeriod = .seconds(600)
    options.watches = [ResourceCollection.secrets, .customers].map { kind in
      WatchedKind(kind) { [weak self] in self?.concerned(by: $0) ?? [] }
    }
    return options
  }

  package var configuration: JSONObject { JSONObject() }

  package func configure(_ configuration: JSONObject) async throws {
    guard !configuration.isEmpty else { return }
    throw RopewalkError(.controllerUnconfigurable, "the controller \(name) has nothing to configure")
  }

  package func start() async throws {}

  /// The integrations go on; they end with the process.
  package func stop() async {}

  package func metrics() async -> [String: Double] {
    let all = deployments.withLock { Array($0.values) }
    return [
      "integrations": Double(all.count),
      "running": Double(all.count { $0.running?.isReady == true }),
      "failed": Double(all.count { $0.problem != nil }),
    ]
  }

  package func health() async -> ReconcilerHealth { .healthy }

  package func reconcile(_ request: ReconcileRequest) async throws -> ReconcileResult {
    let key = request.key
    guard let object = try await find(key) else {
      try await abandon(key)
      return .done
    }
    if object.metadata.deletionTimestamp != nil { return try await drain(object, at: key) }
    try await keep(object, at: key)
    var deployment = deployments.withLock { $0[key] } ?? Deployment()
    await settle(&deployment, object, at: key)
    deployments.withLock { $0[key] = deployment }
    try await report(deployment, object, at: key)
    if !deployment.hasReportedCustomers {
      try await reportCustomers(in: key.namespace)
      deployments.withLock { $0[key]?.hasReportedCustomers = true }
    }
    let wait = deployment.retryAt.map { max(.milliseconds(1), $0 - stopwatch.elapsed) } ?? limits.statusInterval
    return .after(min(wait, limits.statusInterval))
  }

  func find(_ key: ResourceKey) async throws -> Resource? {
    do {
      return try await client.get(key)
    } catch let error as RopewalkError where error.code.kind == .notFound {
      return nil
    }
  }

  func launch(_ plan: Plan, at key: ResourceKey) async throws -> RunningIntegration {
    let running = RunningIntegration(plan: plan, journal: journal, logger: logger) { [onEnd] in onEnd(key) }
    fleet.start(running)
    guard case .ended(let error) = await running.outcome() else { return running }
    throw error ?? RopewalkError(.fleetEnded, "it was stopped while it started")
  }

  /// The integrations that a changed secret or customer may matter to.
  private func concerned(by change: ObjectChange) -> [ResourceKey] {
    // What it has said of a customer itself does not.
    if change.key.collection == .customers, !EventFilter.generationChanged.allows(change) { return [] }
    let keys = deployments.withLock { $0.keys.filter { $0.namespace == change.key.namespace } }
    stale.withLock { $0.formUnion(keys) }
    return keys
  }

  /// Asks for the object to be kept until it is drained.
  private func keep(_ object: Resource, at key: ResourceKey) async throws {
    guard !object.metadata.finalizers.contains(Self.finalizer) else { return }
    _ = try await client.modify(key, .main, options: WriteOptions()) { object in
      if !object.metadata.finalizers.contains(Self.finalizer), object.metadata.deletionTimestamp == nil {
        object.metadata.finalizers.append(Self.finalizer)
      }
    }
  }
}

extension ErrorCode {
  static let controllerUnconfigurable = ErrorCode("controller.unconfigurable", .invalid)
}
