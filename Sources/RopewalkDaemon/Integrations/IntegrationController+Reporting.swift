import RopewalkControllers
import RopewalkCore
import RopewalkJournal
import RopewalkPipeline
import RopewalkResources
import Synchronization

/// Saying how an integration is.
extension IntegrationController {
  func report(_ deployment: Deployment, _ object: Resource, at key: ResourceKey) async throws {
    let generation = object.metadata.generation
    let (running, problem) = (deployment.running, deployment.problem)
    let snapshot = running?.run.snapshot()
    let runningGeneration = running == nil ? nil : deployment.applied?.generation
    let isBehind = runningGeneration.map { $0 != generation } ?? false
    let status = IntegrationStatus(
      phase: running != nil ? .running : problem != nil ? .failed : .pending,
      ready: running != nil
        ? Condition(IntegrationStatus.ready, is: true, reason: "Running", message: "generation \(runningGeneration ?? 0) takes messages")
        : Condition(IntegrationStatus.ready, is: false, reason: "NotRunning", message: problem?.message ?? "it has not been started"),
      degraded: degraded(snapshot, problem),
      progressing: running == nil && deployment.retryAt != nil
        ? Condition(IntegrationStatus.progressing, is: true, reason: "Retrying", message: "it is started again")
        : Condition(IntegrationStatus.progressing, is: false, reason: "Settled"),
      sandboxed: snapshot?.sandboxShortfalls.map(Condition.init(sandboxShortfalls:)),
      generation: generation,
      runningGeneration: runningGeneration,
      lastWorking: isBehind ? deployment.applied?.remembered : nil,
      messages: try? await messages(of: key),
      failure: problem
    )
    try await write(status, object, at: key)
  }

  func reportDraining(_ object: Resource, at key: ResourceKey, open: Int) async throws {
    let text = "\(open) deliveries are in flight; remove the finalizer \(Self.finalizer) to leave them in the journal"
    let status = IntegrationStatus(
      phase: .draining,
      ready: Condition(IntegrationStatus.ready, is: false, reason: "Draining", message: "it takes no messages any more"),
      degraded: Condition(IntegrationStatus.degraded, is: false, reason: "AsDeclared"),
      progressing: Condition(IntegrationStatus.progressing, is: true, reason: "Draining", message: text),
      generation: object.metadata.generation,
      messages: try? await messages(of: key)
    )
    try await write(status, object, at: key)
  }

  /// The journal's sums for an integration; nil when it knows none.
  func messages(of key: ResourceKey, now: Bool = false) async throws -> LedgerEntry? {
    let entries = now ? try await ledger.entriesNow() : try await ledger.entries()
    return LedgerEntry(sumOf: entries, integration: DeclarationReader.integrationID(of: key))
  }

  /// - Parameter snapshot: of what runs; nil while nothing does.
  private func degraded(_ snapshot: CountsSnapshot?, _ problem: IntegrationStatus.Failure?) -> Condition {
    if let problem {
      return Condition(
        IntegrationStatus.degraded,
        is: true,
        reason: snapshot == nil ? "NotRunning" : "ChangeFailed",
        message: snapshot == nil ? problem.message : "the version before goes on: \(problem.message)"
      )
    }
    guard let snapshot else {
      return Condition(IntegrationStatus.degraded, is: false, reason: "AsDeclared")
    }
    let circuits = snapshot.circuits.filter { $0.value != .closed }.keys.sorted().map { "the circuit of '\($0)' is not closed" }
    let faults = (snapshot.faults + circuits).map(redaction.redact)
    return faults.isEmpty
      ? Condition(IntegrationStatus.degraded, is: false, reason: "AsDeclared")
      : Condition(IntegrationStatus.degraded, is: true, reason: "Impaired", message: faults.joined(separator: "; "))
  }

  /// Writes what is new in it.
  private func write(_ status: IntegrationStatus, _ object: Resource, at key: ResourceKey) async throws {
    let time = stopwatch.timestamp
    let old = object.status?.object ?? JSONObject()
    guard status.json(over: old, at: time) != old else { return }
    _ = try await client.modify(key, .status, options: WriteOptions()) { object in
      object.status = .object(status.json(over: object.status?.object ?? JSONObject(), at: time))
    }
  }
}

extension Condition {
  /// Whether the sandbox of an integration's connectors holds all that it should.
  init(sandboxShortfalls shortfalls: [String]) {
    self.init(
      IntegrationStatus.sandboxed,
      is: shortfalls.isEmpty,
      reason: shortfalls.isEmpty ? "Complete" : "Incomplete",
      message: shortfalls.joined(separator: "; ")
    )
  }
}
