package import Logging
import RopewalkCore

/// Makes a sandbox, gives it to `body`, which starts one process in it, and removes it when `body` ends.
///
/// The process runs once its limits and its ways through the network stand, which it never sees otherwise. `body` must have
/// ended it, as `withPlugin` does; what it has started ends with it, since the kernel ends the whole namespace.
///
/// Returns what `body` returns. Throws what `body` throws; `sandbox.unavailable` when the machine allows none; and
/// `sandbox.configuration` or `sandbox.setup` when it cannot be made as `spec` says, also where `body` fails for that reason.
package func withSandbox<Result: Sendable>(
  _ spec: SandboxSpec,
  support: SandboxSupport,
  logger: Logger,
  _ body: (Sandbox) async throws -> Result
) async throws -> Result {
  if let obstacle = support.obstacle { throw RopewalkError(.sandboxUnavailable, "\(obstacle)") }
  try spec.validate()
  let plan = NetworkPlan(spec.network)
  let hosts = plan.hosts.map { (name: $0.name, address: $0.address) }
  let files = try MadeFiles(MadeFiles.contents(hosts: hosts, resolvesNames: spec.network == .host))
  defer { files.remove() }
  let group = support.places.places.isEmpty ? nil : try ControlGroup(in: support.places, limits: spec.limits)
  let limits = ProcessLimits(spec.limits, groups: support.places.controllers, countsProcesses: support.countsProcesses)
  let sandbox = Sandbox(spec, support: support, madeFiles: files, group: group)
  let outcome = await withTaskGroup(of: (any Error)?.self) { tasks in
    tasks.addTask {
      do {
        try await SandboxWatch(sandbox: sandbox, limits: limits, plan: plan, logger: logger).run()
        return nil
      } catch {
        return error
      }
    }
    let outcome: Swift.Result<Result, any Error>
    do {
      outcome = .success(try await body(sandbox))
    } catch {
      outcome = .failure(error)
    }
    sandbox.endStarts()
    tasks.cancelAll()
    let failure = await tasks.next() ?? nil
    return failure.map { .failure($0) } ?? outcome
  }
  sandbox.close()
  await group?.remove()
  return try outcome.get()
}
