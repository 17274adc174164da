import Logging
import RopewalkCore
import RopewalkResources

/// Reads what `Integration` objects declare.
struct DeclarationReader: Sendable {
  let workspace: Workspace
  /// What `source` is relative to.
  let folder: String
  let folders: FolderRules
  /// What is not held to the folders.
  let trusted: OperatorsWord
  /// Where the secrets of a namespace come from, with the server's own for what is the operator's word.
  let secrets: @Sendable (_ namespace: String, _ isOperators: Bool) -> any SecretSource
  /// The `Customer` objects of a namespace, in the order of their names.
  let customers: @Sendable (_ namespace: String) async throws -> [Resource]

  /// What the journal, dead letters and metrics call an integration: its name, behind that of its namespace when this is
  /// not `default`. No name has a point in it.
  static func integrationID(of key: ResourceKey) -> String {
    integrationID(namespace: key.namespace, name: key.name)
  }

  private static func integrationID(namespace: String, name: String) -> String {
    ["", "default"].contains(namespace) ? name : "\(namespace).\(name)"
  }

  /// - Throws: `DiagnosticsError` with everything that is wrong.
  func read(_ object: Resource) async throws -> DeclaredIntegration {
    let metadata = object.metadata
    let contents = try await IntegrationFile.read(
      object,
      in: context(secrets(metadata.namespace, isOperators(object))),
      folder: folder
    )
    workspace.redaction.hide(contents.secrets.values)
    guard var integration = contents.integrations.first else { throw DiagnosticsError([Diagnostic(.error, "this is no integration")]) }
    try check(&integration.spec, of: object)
    for warning in contents.warnings {
      workspace.logger.notice(
        "An integration is doubtful",
        metadata: ["ropewalk.integration": "\(metadata.name)", "ropewalk.namespace": "\(metadata.namespace)", "warning": "\(warning)"]
      )
    }
    integration.metadata.name = Self.integrationID(namespace: metadata.namespace, name: metadata.name)
    return DeclaredIntegration(
      integration: integration,
      generation: metadata.generation,
      uid: metadata.uid,
      spec: object.spec,
      secrets: contents.secrets,
      customers: try await readCustomers(of: integration, object)
    )
  }

  /// What customers of the integration's tenant have of their own in it, by id. Of several objects with one id the first counts.
  private func readCustomers(of integration: Integration, _ object: Resource) async throws -> [String: DeclaredCustomer] {
    var declared: [String: DeclaredCustomer] = [:]
    for resource in try await customers(object.metadata.namespace) {
      let customer = CustomerDeclaration(resource)
      guard customer.tenant == integration.spec.tenant, declared[customer.id] == nil else { continue }
      let namespace = object.metadata.namespace
      let secrets = customer.secrets(
        own: secrets(namespace, trusted.covers(resource, in: .customers)),
        common: secrets(namespace, isOperators(object))
      )
      declared[customer.id] = await read(customer, integration, object, secrets)
    }
    return declared
  }

  private func isOperators(_ object: Resource) -> Bool { trusted.covers(object, in: IntegrationController.collection) }

  private func read(
    _ customer: CustomerDeclaration,
    _ common: Integration,
    _ object: Resource,
    _ secrets: any SecretSource
  ) async -> DeclaredCustomer {
    var declared = DeclaredCustomer()
    do {
      declared.terms = try customer.terms()
      guard let spec = try customer.applied(to: object.spec?.object ?? [:], of: common, named: object.metadata.name) else {
        return declared
      }
      declared.spec = spec
      var object = object
      object.spec = .object(spec)
      let contents = try await IntegrationFile.read(object, in: context(secrets), folder: folder)
      workspace.redaction.hide(contents.secrets.values)
      guard var own = contents.integrations.first else { return declared }
      // Connections are the common ones, which were looked at.
      try refuse(folders.codeProblems(of: own.spec))
      own.metadata.name = common.metadata.name
      (declared.integration, declared.secrets) = (own, contents.secrets)
    } catch {
      declared.problem = "the Customer \(customer.name): \(error)"
    }
    return declared
  }

  /// Whoever may write objects must not read the environment of the server, where secrets of others may be.
  private func context(_ secrets: any SecretSource) -> IntegrationContext {
    var context = workspace.context(secrets: secrets)
    context.references.environment = { _ in nil }
    return context
  }

  /// The declaration that ran when a later one could not, as the object remembers it; nil when there is none that can be read.
  func lastWorking(of object: Resource) async -> DeclaredIntegration? {
    guard let remembered = object.status?["lastWorking"], let spec = remembered["spec"], let generation = remembered["generation"]?.int
    else { return nil }
    var object = object
    object.spec = spec
    object.metadata.generation = generation
    return try? await read(object)
  }

  private func check(_ spec: inout IntegrationSpec, of object: Resource) throws {
    let isHeld = { field in !trusted.covers(field, of: object, in: IntegrationController.collection) }
    try refuse(folders.codeProblems(of: spec) + folders.connectionProblems(of: spec).filter { isHeld($0.field) })
    folders.hold(&spec, where: isHeld)
  }

  private func refuse(_ problems: [Diagnostic]) throws {
    guard problems.isEmpty else { throw DiagnosticsError(problems) }
  }
}

extension DeclaredIntegration {
  /// As ``DeclarationReader/lastWorking(of:)`` reads it.
  var remembered: JSON {
    ["generation": .number(JSONNumber(generation)), "spec": spec ?? .null]
  }
}
