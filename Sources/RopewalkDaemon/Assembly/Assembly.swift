import NIOPosix
import RopewalkConnector
import RopewalkConnectors
package import RopewalkCore
package import RopewalkPipeline
package import RopewalkPlugins
import RopewalkProcess
package import RopewalkResources
import RopewalkWasm

/// Makes what integrations declare: connectors, built-in functions, guests. One for all integrations of a process.
package final class Assembly: Sendable {
  let workspace: Workspace
  private let connectors: BuiltInConnectors
  private let outbound: GuardedHTTPClient
  let guests: GuestRuntime
  private let processConnectors: ProcessConnectors

  /// - Parameters:
  ///   - outbound: what stands behind guests' HTTP calls; nil makes real ones.
  ///   - keepsVersions: whether guests' code is kept in the data folder, for replays that ask for it.
  /// - Throws: `RopewalkError` when the data folder cannot be used.
  package init(_ workspace: Workspace, outbound: OutboundHTTP? = nil, keepsVersions: Bool = false) throws {
    try workspace.makeDataDirectory()
    self.workspace = workspace
    self.connectors = BuiltInConnectors(group: MultiThreadedEventLoopGroup.singleton, logger: workspace.logger)
    self.outbound = GuardedHTTPClient(group: MultiThreadedEventLoopGroup.singleton)
    self.guests = GuestRuntime(workspace, outbound: outbound ?? self.outbound.outbound, keepsVersions: keepsVersions)
    self.processConnectors = ProcessConnectors(workspace)
  }

  /// What connectors in processes of their own have recorded.
  var connectorMetrics: ConnectorMetrics { processConnectors.metrics }

  /// Keeps the connectors that have processes of their own up while `body` runs what was planned.
  package func run<Result: Sendable>(_ body: () async throws -> Result) async throws -> Result {
    try await processConnectors.processes.run(while: body)
  }

  /// Gives back what the integrations shared. Nothing made here may be in use any more.
  package func shutdown() {
    outbound.shutdown()
  }

  /// Runs `body` with listeners kept open, so that one run of an integration can take the place of another.
  func keepingListeners<Result>(_ body: () async throws -> Result) async throws -> Result {
    try await connectors.keepingListeners(body)
  }

  /// The runtime of the guests, for those that are no step.
  func wasmRuntime() throws -> WasmRuntime { try guests.shared() }

  /// Makes everything an integration names, and asks every connector about its settings.
  /// - Throws: `DiagnosticsError` with everything that is wrong, each at its place in the file.
  package func plan(_ integration: Integration) async throws -> Plan {
    try await plan(integration) { try await self.connection($0, $1, of: integration) }
  }

  /// Makes the steps of an integration, and has its connections made by the caller.
  func plan(
    _ integration: Integration,
    connection: (ConnectionSpec, ConnectorRole) async throws -> any ConnectionNode
  ) async throws -> Plan {
    var problems: [Diagnostic] = []
    let incoming = await collecting(&problems, integration.spec.incoming) { spec in
      PlannedIncoming(spec: spec, node: try await connection(spec, .incoming), redact: self.workspace.redaction.redact)
    }
    let steps = await plan(integration.spec.steps, of: integration, &problems)
    let destinations = await collecting(&problems, integration.spec.outgoing) { spec in
      var ownProblems: [Diagnostic] = []
      let steps = await self.plan(spec.steps, of: integration, &ownProblems)
      let nodes = await self.collecting(&ownProblems, [spec.connection]) { try await connection($0, .outgoing) }
      guard let node = nodes.first, ownProblems.isEmpty else {
        for step in steps { await step.shutdown() }
        throw DiagnosticsError(ownProblems)
      }
      return PlannedDestination(spec: spec, node: node, steps: steps, redact: self.workspace.redaction.redact)
    }
    let webhooks = await collecting(&problems, [integration.spec.alerts.webhook].compactMap(\.self)) { spec in
      PlannedWebhook(spec: spec, node: try await self.connection(spec, .outgoing, of: integration))
    }
    var plan = Plan(
      integration: integration,
      incoming: incoming,
      steps: steps,
      destinations: destinations,
      alertWebhook: webhooks.first
    )
    guard problems.isEmpty else {
      await plan.shutdown()
      throw DiagnosticsError(problems)
    }
    plan.sandboxShortfalls = processConnectors.sandboxShortfalls(of: integration)
    return plan
  }

  /// Makes everything that integrations name which are to run together.
  /// - Throws: `DiagnosticsError` with everything that is wrong in any of them, and with them together.
  func plan(_ integrations: [Integration]) async throws -> [Plan] {
    var plans: [Plan] = []
    var problems: [Diagnostic] = []
    for integration in integrations {
      do {
        plans.append(try await plan(integration))
      } catch let error as DiagnosticsError {
        problems += error.diagnostics
      }
    }
    problems += Self.conflicts(of: integrations)
    guard problems.isEmpty else {
      for plan in plans { await plan.shutdown() }
      throw DiagnosticsError(problems)
    }
    return plans
  }

  /// Makes and drops what integrations name, to find what is wrong.
  package static func problems(of integrations: [Integration], in workspace: Workspace) async throws -> [Diagnostic] {
    let assembly = try Assembly(workspace)
    defer { assembly.shutdown() }
    do {
      for plan in try await assembly.plan(integrations) { await plan.shutdown() }
      return []
    } catch let error as DiagnosticsError {
      return error.diagnostics
    }
  }

  /// Incoming connections that cannot both be open in one process.
  private static func conflicts(of integrations: [Integration]) -> [Diagnostic] {
    let connections = integrations.flatMap(\.spec.incoming).filter { $0.runtime == .embedded }
    return BuiltInConnectors.conflicts(among: connections.map(\.configuration)).map { index, problem in
      Diagnostic(connections[index].places, problem)
    }
  }

  /// Makes each, and goes on after a failure, so that all of them are reported at once.
  func collecting<Spec, Made>(
    _ problems: inout [Diagnostic],
    _ specs: [Spec],
    _ make: (Spec) async throws -> Made
  ) async -> [Made] {
    var made: [Made] = []
    for spec in specs {
      do {
        made.append(try await make(spec))
      } catch let error as DiagnosticsError {
        problems += error.diagnostics.map(hidingSecrets)
      } catch let error as RopewalkError {
        problems.append(hidingSecrets(Diagnostic(.error, at: error.place, error.message)))
      } catch {
        problems.append(hidingSecrets(Diagnostic(.error, "\(error)")))
      }
    }
    return made
  }

  /// Functions, guests and connectors may quote what their settings were filled with.
  private func hidingSecrets(_ diagnostic: Diagnostic) -> Diagnostic {
    var diagnostic = diagnostic
    diagnostic.message = workspace.redaction.redact(diagnostic.message)
    diagnostic.remedy = workspace.redaction.redact(diagnostic.remedy)
    return diagnostic
  }

  func connection(_ spec: ConnectionSpec, _ role: ConnectorRole, of integration: Integration) async throws -> any ConnectionNode {
    let node =
      switch spec.runtime {
      case .embedded: try embedded(spec, role)
      case .process(let process): try await processConnectors.connector(spec, process, role, of: integration)
      }
    // What refers to something that is not on this machine cannot be judged here.
    let problems = await node.validate(spec.configuration).filter { !spec.places.unresolved.contains($0.path) }
    guard problems.isEmpty else {
      throw DiagnosticsError(problems.map { Diagnostic(spec.places, $0) })
    }
    return node
  }

  private func embedded(_ spec: ConnectionSpec, _ role: ConnectorRole) throws -> any ConnectionNode {
    if let node = connectors.make(type: spec.type, role: role, within: spec.fence) { return node }
    throw DiagnosticsError([
      Diagnostic(
        at: spec.places.mark(for: []),
        field: spec.places.field,
        "the connector '\(spec.type)' cannot be used as \(role.rawValue)",
        remedy: "there are \(BuiltInConnectors.types(for: role).joined(separator: ", "))"
      )
    ])
  }
}

extension Diagnostic {
  /// What a connector says of its settings, at its place in the file.
  fileprivate init(_ places: SettingPlaces, _ problem: ConfigurationProblem) {
    self.init(at: places.mark(for: problem.path), field: places.field(for: problem.path), problem.message, remedy: problem.remedy)
  }
}

extension Plan {
  var allSteps: [PlannedStep] { steps + destinations.flatMap(\.steps) }

  /// Gives back what a plan that is not run has made.
  func shutdown() async {
    for step in allSteps { await step.shutdown() }
  }
}
