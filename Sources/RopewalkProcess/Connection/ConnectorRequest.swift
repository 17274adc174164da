package import RopewalkConnector

/// A connection that is to have its connector in a process of its own.
package struct ConnectorRequest: Sendable {
  /// Whose it is: what may share a process is decided by it; see ``ProcessKey``.
  package var tenant: String
  package var integration: String
  package var role: Role
  package var program: ConnectorProgram
  /// Nil runs the program as any other of this machine.
  package var sandbox: SandboxSpec?
  package var grants: ConnectorGrants
  package var configuration: ConnectionConfiguration
  /// The reserved headers that the connector may set, such as `ropewalk-path-customer`.
  package var reservedHeaders: Set<String>

  package enum Role: String, Sendable { case incoming, outgoing }

  package init(
    tenant: String,
    integration: String,
    role: Role,
    program: ConnectorProgram,
    sandbox: SandboxSpec?,
    grants: ConnectorGrants = ConnectorGrants(),
    configuration: ConnectionConfiguration,
    reservedHeaders: Set<String> = []
  ) {
    self.tenant = tenant
    self.integration = integration
    self.role = role
    self.program = program
    self.sandbox = sandbox
    self.grants = grants
    self.configuration = configuration
    self.reservedHeaders = reservedHeaders
  }

  /// For a process that opens nothing: nobody is to find a door that leads nowhere.
  var withoutDoors: ConnectorRequest {
    var request = self
    if case .restricted = request.sandbox?.network { request.sandbox?.network = NetworkPolicy.none }
    return request
  }

  /// A configuration of the connection, as the process is given it.
  func identified(_ configuration: ConnectionConfiguration) -> ConnectionConfiguration {
    var configuration = configuration
    configuration.id = connectionID
    configuration.ends = role.ends
    return configuration
  }

  /// As the process knows it: unique among all connections that may share one.
  var connectionID: String { "\(integration)/\(configuration.name)/\(role.rawValue)" }
}

/// What connections must have in common to share a process.
///
/// Each connection has a process of its own, so that no process has two customers' credentials in its memory, and none
/// that ends takes another connection with it. A connector that declares `shared-process` says that it keeps its
/// connections apart itself: then those of one tenant share, whose program, arguments, variables, sandbox and granted
/// secrets are the same. Tenants never share.
struct ProcessKey: Sendable, Hashable {
  private let program: ConnectorProgram
  private let sandbox: SandboxSpec?
  private let secrets: Set<String>
  private let tenant: String
  /// Nil where it does not matter.
  private let connection: String?

  init(_ request: ConnectorRequest, _ capabilities: Set<PluginMetadata.Capability>) {
    program = request.program
    sandbox = request.sandbox
    secrets = request.grants.secrets
    tenant = request.tenant
    connection = capabilities.contains(.sharedProcess) ? nil : request.connectionID
  }
}
