import RopewalkConnector
import RopewalkConnectors
import RopewalkCore
import RopewalkProcess
import RopewalkResources

/// Makes what `runtime: process` declares: a connector in a process of its own.
struct ProcessConnectors: Sendable {
  let processes: ConnectorProcesses
  let metrics = ConnectorMetrics()
  private let workspace: Workspace

  init(_ workspace: Workspace) {
    self.workspace = workspace
    processes = ConnectorProcesses(dataFolder: workspace.dataDirectory, logger: workspace.logger)
  }

  /// Starts the connector once, to see that it can be used and what it says of the settings.
  /// - Throws: `DiagnosticsError` with what is wrong, at its place in the file.
  func connector(
    _ spec: ConnectionSpec,
    _ process: ConnectorProcessSpec,
    _ role: ConnectorRole,
    of integration: Integration
  ) async throws -> any ConnectionNode {
    // Those too that the file has in clear, or as a part of a longer text.
    workspace.redaction.hide(spec.credentials.values)
    let request = ConnectorRequest(
      tenant: integration.spec.tenant,
      integration: integration.metadata.name,
      role: role == .incoming ? .incoming : .outgoing,
      program: try located(process.program.key, spec) { () throws(RopewalkError) in
        try ConnectorProgram(process, type: spec.type, role: role)
      },
      sandbox: try located("sandbox", spec) { () throws(RopewalkError) in try SandboxSpec(process.sandbox) },
      grants: grants(process.secrets, integration: integration.metadata.name, connection: spec.name),
      configuration: spec.configuration,
      reservedHeaders: integration.spec.customer.reservedHeaders
    )
    do {
      let connector = try await processes.connector(request)
      try check(connector.metadata, spec)
      return connector
    } catch let error as RopewalkError {
      throw Self.problem(process.program.key, spec, error.message)
    }
  }

  /// What the sandbox of an integration's connectors does not hold on this machine; nil where none of them is to have one.
  func sandboxShortfalls(of integration: Integration) -> [String]? {
    let spec = integration.spec
    let connections = spec.incoming + spec.outgoing.map(\.connection) + [spec.alerts.webhook].compactMap(\.self)
    guard connections.contains(where: \.isSandboxed) else { return nil }
    return processes.sandboxSupport?.findings.map(\.description)
  }

  private func check(_ metadata: PluginMetadata, _ spec: ConnectionSpec) throws {
    guard !metadata.supportedTypes.contains(spec.type) else { return }
    let known = metadata.supportedTypes.sorted().joined(separator: ", ")
    throw Self.problem("type", spec, "the connector '\(metadata.name)' has no type '\(spec.type)'", remedy: "it has \(known)")
  }

  /// What the connector may ask for. A secret that it was given appears in no log from then on.
  private func grants(_ names: [String], integration: String, connection: String) -> ConnectorGrants {
    var grants = ConnectorGrants(secrets: Set(names)) { [workspace] name in
      let secret = try await workspace.secret(named: name)
      if let secret { workspace.redaction.hide([secret]) }
      return secret
    }
    grants.recordMetric = { [metrics] in metrics.record($0, integration: integration, connection: connection) }
    return grants
  }

  private func located<Value>(_ key: String, _ spec: ConnectionSpec, _ make: () throws(RopewalkError) -> Value) throws -> Value {
    do throws(RopewalkError) { return try make() } catch { throw Self.problem(key, spec, error.message) }
  }

  private static func problem(_ key: String, _ spec: ConnectionSpec, _ message: String, remedy: String = "") -> DiagnosticsError {
    let places = spec.ownPlaces
    return DiagnosticsError([Diagnostic(at: places.mark(for: [key]), field: places.field(for: [key]), message, remedy: remedy)])
  }
}

extension ConnectorProcessSpec.Program {
  /// The key of the file that names it.
  fileprivate var key: String {
    switch self {
    case .builtIn: "runtime"
    case .plugin: "plugin"
    case .command: "command"
    }
  }
}

extension ConnectionSpec {
  fileprivate var isSandboxed: Bool { if case .process(let process) = runtime { process.sandbox.isEnabled } else { false } }
}

extension CustomerRule {
  /// The headers in which a connector passes on whose message it is.
  fileprivate var reservedHeaders: Set<String> {
    if case .path(let name) = self { ["ropewalk-path-\(name)"] } else { [] }
  }
}
