import Logging
import RopewalkCore
import RopewalkJournal
package import RopewalkPipeline
package import RopewalkResources

/// Integrations running together in one process, as `ropewalk run` has them.
package final class IntegrationHost: Sendable {
  private let workspace: Workspace
  private let assembly: Assembly
  private let journal: OpenJournal
  private let runs: [IntegrationRun]
  private let names: Set<String>

  /// Makes the integrations ready and opens their journal. Opens no connection.
  /// - Parameter onReady: called with an integration's name once it receives.
  /// - Throws: `DiagnosticsError` with everything that is wrong in any of them; `RopewalkError` when the journal cannot be used.
  package init(
    _ integrations: [Integration],
    in workspace: Workspace,
    journal settings: JournalSettings = JournalSettings(),
    endsWhenSourcesEnd: Bool = false,
    onReady: @escaping @Sendable (String) -> Void = { _ in }
  ) async throws {
    let assembly = try Assembly(workspace, keepsVersions: true)
    let plans: [Plan]
    do {
      plans = try await assembly.plan(integrations)
    } catch {
      assembly.shutdown()
      throw error
    }
    let journal: OpenJournal
    do {
      journal = try workspace.openJournal(settings, for: .run)
    } catch {
      for plan in plans { await plan.shutdown() }
      assembly.shutdown()
      throw error
    }
    self.names = Set(integrations.map(\.metadata.name))
    self.journal = journal
    self.workspace = workspace
    self.assembly = assembly
    self.runs = plans.map { plan in
      let name = plan.integration.metadata.name
      return IntegrationRun(
        plan: plan,
        journal: journal.journal,
        endsWhenSourcesEnd: endsWhenSourcesEnd,
        logger: workspace.logger,
        onReady: { onReady(name) }
      )
    }
  }

  /// Runs until the sources end or a signal asks to stop: the first drains, the second stops at once.
  /// - Parameter onDrain: called when the first signal has come.
  /// - Throws: what kept an integration from running; `CancellationError` after a second signal.
  package func run(onDrain: @escaping @Sendable () -> Void) async throws {
    defer {
      journal.close(logger: workspace.logger)
      assembly.shutdown()
    }
    try await assembly.run {
      async let reported: Void = reportWhatWaitsForOthers()
      try await SignalledGroup(services: runs, logger: workspace.logger, onDrain: onDrain).run()
      await reported
    }
  }

  /// What the journal has of integrations that do not run here stays in it, and would be noticed by nobody.
  private func reportWhatWaitsForOthers() async {
    guard let ledger = try? await journal.journal.ledger() else { return }
    let others = Dictionary(grouping: ledger.filter { line in !names.contains(line.integrationID) }, by: \.integrationID)
    for (name, lines) in others.sorted(by: { $0.key < $1.key }) {
      let count = lines.reduce(0) { $0 + $1.inFlight }
      guard count > 0 else { continue }
      workspace.logger.notice(
        "The journal has messages of an integration that does not run here; they wait until it does",
        metadata: ["ropewalk.integration": "\(name)", "count": "\(count)"]
      )
    }
  }

  /// The counts of each integration at this moment, latencies since the last call with `resettingLatency`.
  package func counts(resettingLatency: Bool = false) -> [CountsSnapshot] {
    runs.map { $0.snapshot(resettingLatency: resettingLatency) }
  }
}
