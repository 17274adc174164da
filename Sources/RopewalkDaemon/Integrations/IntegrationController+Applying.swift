import Logging
import RopewalkControllers
import RopewalkCore
import RopewalkPipeline
import RopewalkResources
import Synchronization

/// Making what is declared what runs.
extension IntegrationController {
  /// Looks whether the declaration is what runs, and makes it so. What goes wrong is in the deployment's problem.
  func settle(_ deployment: inout Deployment, _ object: Resource, at key: ResourceKey) async {
    let isStale = stale.withLock { $0.remove(key) != nil }
    await noticeEnd(&deployment, object, at: key)
    let metadata = object.metadata
    let isNews = deployment.isNews(generation: metadata.generation, uid: metadata.uid)
    let isDue = deployment.retryAt.map { $0 <= stopwatch.elapsed } ?? false
    guard isNews || isStale || isDue else { return }
    (deployment.seenGeneration, deployment.seenUID) = (metadata.generation, metadata.uid)
    deployment.retryAt = nil
    deployment.hasReportedCustomers = false
    do {
      try await apply(try await read(object), &deployment, object, at: key)
      deployment.problem = nil
    } catch {
      await failed(error, &deployment, object, at: key)
    }
  }

  private func read(_ object: Resource) async throws -> DeclaredIntegration {
    // Looked at first, so that none counts as seen that came after it was read.
    let customers = try await reader.customers(object.metadata.namespace)
    var declared = try await reader.read(object)
    declared.seenCustomers = Dictionary(uniqueKeysWithValues: customers.map { ($0.metadata.uid, $0.metadata.generation) })
    return declared
  }

  private func apply(
    _ declared: DeclaredIntegration,
    _ deployment: inout Deployment,
    _ object: Resource,
    at key: ResourceKey
  ) async throws {
    guard let running = deployment.running, let applied = deployment.applied else {
      let plan = try await plan(declared, &deployment, object, key)
      deployment.running = try await launch(plan, at: key)
      deployment.applied = declared
      deployment.startedAt = stopwatch.elapsed
      await tell(.normal, "Started", "generation \(declared.generation) runs", object, key)
      return
    }
    let change = IntegrationChange(from: applied, to: declared)
    if change == .none {
      deployment.applied = declared
      return
    }
    let plan = try await plan(declared, &deployment, object, key)
    if change == .steps, running.run.replaceSteps(with: plan) {
      deployment.applied = declared
      await tell(.normal, "StepsReplaced", "messages go through the steps of generation \(declared.generation)", object, key)
      return
    }
    try await replace(running, with: plan, declared, &deployment, at: key)
    await tell(.normal, "Reloaded", "generation \(declared.generation) runs", object, key)
  }

  /// Ends a run and starts another, which takes up from the journal what the old one leaves; listeners stay open meanwhile.
  /// When the other one does not start, the version before runs again.
  private func replace(
    _ running: RunningIntegration,
    with plan: Plan,
    _ declared: DeclaredIntegration,
    _ deployment: inout Deployment,
    at key: ResourceKey
  ) async throws {
    let previous = deployment.applied
    deployment.running = nil
    deployment.running = try await assembly.keepingListeners {
      running.run.drain(within: limits.reloadDrain)
      await running.ended()
      do {
        return try await launch(plan, at: key)
      } catch {
        if let previous, let plan = try? await assembly.plan(previous, onProblem: { _, _ in }) {
          deployment.running = try? await launch(plan, at: key)
        }
        throw error
      }
    }
    deployment.applied = declared
    deployment.startedAt = stopwatch.elapsed
  }

  private func noticeEnd(_ deployment: inout Deployment, _ object: Resource, at key: ResourceKey) async {
    guard case .ended(let error) = deployment.running?.end else { return }
    deployment.running = nil
    let wait = deployment.broke(at: stopwatch.elapsed, limits)
    deployment.retryAt = stopwatch.elapsed + wait
    let failure = IntegrationStatus.Failure(error ?? RopewalkError(.fleetEnded, "the run ended"), hiding: redaction)
    deployment.problem = failure
    await tell(.warning, "Broke", "\(failure.message); it is started again in \(wait.shortText)", object, key)
  }

  /// Says what is wrong, and sees to it that something runs: what ran last, or what is known to have run before.
  private func failed(_ error: any Error, _ deployment: inout Deployment, _ object: Resource, at key: ResourceKey) async {
    let failure = IntegrationStatus.Failure(error, hiding: redaction)
    deployment.problem = failure
    deployment.retryAt = stopwatch.elapsed + limits.retryInterval
    logger.warning(
      "An integration cannot run as it is declared",
      metadata: ["ropewalk.integration": "\(key.name)", "ropewalk.namespace": "\(key.namespace)", "error": "\(failure.message)"]
    )
    await tell(.warning, "CannotRun", failure.message, object, key)
    guard deployment.running == nil else { return }
    let fallback: DeclaredIntegration?
    if let applied = deployment.applied {
      fallback = applied
    } else {
      fallback = await reader.lastWorking(of: object)
    }
    guard let fallback, let plan = try? await plan(fallback, &deployment, object, key) else { return }
    guard let running = try? await launch(plan, at: key) else { return }
    deployment.running = running
    deployment.applied = fallback
    deployment.startedAt = stopwatch.elapsed
    await tell(.normal, "Started", "generation \(fallback.generation) runs, the last that can", object, key)
  }

  private func plan(
    _ declared: DeclaredIntegration,
    _ deployment: inout Deployment,
    _ object: Resource,
    _ key: ResourceKey
  ) async throws -> Plan {
    var problems: [String: String] = [:]
    let plan = try await assembly.plan(declared) { customer, problem in
      let problem = redaction.redact(problem)
      problems[customer] = problem
      logger.warning(
        "A customer cannot be served as it is declared",
        metadata: ["ropewalk.integration": "\(key.name)", "ropewalk.customer": "\(customer)", "error": "\(problem)"]
      )
      await tell(.warning, "CustomerNotServed", problem, object, key)
    }
    deployment.customerProblems = problems
    return plan
  }

  func tell(_ kind: EventRecorder.Severity, _ reason: String, _ message: String, _ object: Resource, _ key: ResourceKey) async {
    await events.record(kind, reason: reason, message, about: object, at: key)
  }
}
