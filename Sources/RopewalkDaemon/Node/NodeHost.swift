import Logging
import RopewalkConnector
import RopewalkCore
import RopewalkNATS
package import RopewalkPipeline
package import RopewalkResources
import ServiceLifecycle

/// One node of a cluster: a role's part of integrations, whose other parts run on nodes elsewhere.
package final class NodeHost: Sendable {
  /// For what a node writes down when it has drained.
  private static let leaveLimit: Duration = .seconds(5)

  private let workspace: Workspace
  private let assembly: Assembly
  private let connection: NATSConnection
  private let journals: [JetStreamJournal]
  private let runs: [(name: String, run: IntegrationRun)]

  /// Connects to NATS and makes the role's part of the integrations ready.
  /// - Parameter onReady: called with a part's name, such as `orders (logic)`, once it works.
  /// - Throws: `DiagnosticsError` with everything that is wrong in any of the integrations; `RopewalkError` when NATS cannot be used.
  package init(
    _ integrations: [Integration],
    role: NodeRole,
    cluster settings: ClusterSettings,
    in workspace: Workspace,
    onReady: @escaping @Sendable (String) -> Void = { _ in }
  ) async throws {
    let connection = try await NATSConnection.connect(try settings.options(name: "ropewalk node (\(role.rawValue))"))
    let assembly = try Assembly(workspace, keepsVersions: true)
    do {
      let journals = try await Self.journals(of: integrations, connection, settings, workspace.logger)
      var parts: [NodePart] = []
      var problems: [Diagnostic] = []
      for integration in integrations {
        guard let journal = journals[integration.spec.tenant] else { continue }
        for part in role.parts {
          do {
            parts += try await assembly.parts(part, of: integration, in: journal, logger: workspace.logger)
          } catch let error as DiagnosticsError {
            problems += error.diagnostics
          }
        }
      }
      guard problems.isEmpty else {
        for part in parts { await part.plan.shutdown() }
        throw DiagnosticsError(problems)
      }
      self.runs = parts.map { part in
        let run = IntegrationRun(plan: part.plan, journal: part.journal, logger: workspace.logger, onReady: { onReady(part.name) })
        return (part.name, run)
      }
      self.journals = Array(journals.values)
    } catch {
      connection.close()
      assembly.shutdown()
      throw error
    }
    self.workspace = workspace
    self.assembly = assembly
    self.connection = connection
  }

  /// Runs until a signal asks to stop: the first drains, the second stops at once. What is not finished then goes to other nodes.
  /// - Throws: what kept a part from running; `nats.denied` when the servers let us in no more;
  ///   `nats.record.unreadable` when a record of the ledger cannot be read; `CancellationError` after a second signal.
  package func run(onDrain: @escaping @Sendable () -> Void) async throws {
    defer {
      connection.close()
      assembly.shutdown()
    }
    let services: [any Service] = runs.map(\.run) + [ConnectionWatch(connection: connection)]
    let ledgers: [any Service] = journals.map { LedgerWatch(journal: $0) }
    try await assembly.run {
      try await sweeping {
        try await SignalledGroup(services: services + ledgers, logger: workspace.logger, onDrain: onDrain).run()
      }
    }
  }

  /// Removes what is left over in the journals while `body` works, and then leaves them. Ends the connection, and with it what the
  /// removal waits for.
  private func sweeping(_ body: () async throws -> Void) async throws {
    try await withThrowingDiscardingTaskGroup { group in
      for journal in journals { group.addTask { await journal.sweepUntilCancelled() } }
      defer {
        connection.close()
        group.cancelAll()
      }
      try await body()
      await leave()
    }
  }

  /// Writes down what only this node knows. The end of the connection ends what takes longer than the limit.
  private func leave() async {
    await withTaskGroup(of: Void.self) { group in
      group.addTask {
        await withDiscardingTaskGroup { leaving in
          for journal in self.journals { leaving.addTask { await journal.leave() } }
        }
      }
      group.addTask {
        if (try? await Task.sleep(for: Self.leaveLimit)) != nil { self.connection.close() }
      }
      await group.next()
      group.cancelAll()
    }
  }

  /// The counts of each part at this moment.
  package func counts(resettingLatency: Bool = false) -> [CountsSnapshot] {
    runs.map { name, run in
      var snapshot = run.snapshot(resettingLatency: resettingLatency)
      snapshot.integration = name
      return snapshot
    }
  }

  /// One for each tenant.
  private static func journals(
    of integrations: [Integration],
    _ connection: NATSConnection,
    _ settings: ClusterSettings,
    _ logger: Logger
  ) async throws -> [String: JetStreamJournal] {
    var journals: [String: JetStreamJournal] = [:]
    for tenant in Set(integrations.map(\.spec.tenant)) {
      journals[tenant] = try await JetStreamJournal.open(connection, tenant: tenant, settings: settings.journal, logger: logger)
    }
    return journals
  }
}
