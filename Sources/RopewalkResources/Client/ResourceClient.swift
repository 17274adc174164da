/// How everyone in the process reads and writes objects: the API server, controllers, commands.
///
/// It has the rules that hold whatever the store is: names, schemas, defaults, `generation`, `status` apart from the rest,
/// finalizers, cascading deletion, admission.
package protocol ResourceClient: Sendable {
  /// The kinds there are now, those of CustomResourceDefinitions included.
  var types: [ResourceType] { get }

  func type(apiVersion: String, kind: String) -> ResourceType?
  func type(group: String, version: String, plural: String) -> ResourceType?

  /// - Throws: `resource.notFound`.
  func get(_ key: ResourceKey) async throws -> Resource
  func list(_ query: ResourceQuery) async throws -> ResourceList
  func watch(_ query: ResourceQuery, after version: String?) async throws -> ResourceWatch

  /// - Throws: `resource.exists`, `resource.invalid` with every problem.
  func create(_ resource: Resource, options: WriteOptions) async throws -> Resource
  /// - Throws: `resource.conflict` when `resource.metadata.resourceVersion` is set and not the object's.
  func update(_ resource: Resource, _ part: ResourcePart, options: WriteOptions) async throws -> Resource
  /// Applies `change` to the object as it is, again when somebody else wrote meanwhile.
  func modify(
    _ key: ResourceKey,
    _ part: ResourcePart,
    options: WriteOptions,
    _ change: @Sendable (inout Resource) throws -> Void
  ) async throws -> Resource
  /// Returns the object: gone, or with its deletion asked for and finalizers left.
  func delete(_ key: ResourceKey, options: DeleteOptions) async throws -> Resource
}

/// Which part of an object a write is of; the other is left as it is.
package enum ResourcePart: Sendable, Hashable { case main, status }

package struct WriteOptions: Sendable {
  /// Everything is checked, nothing is written.
  package var isDryRun = false
  /// `Strict`, `Warn` or `Ignore`: what to do about fields that the schema does not have.
  package var fieldValidation = FieldValidation.strict
  package var fieldManager = ""
  /// On whose behalf.
  package var subject = Subject.system
  /// Hears of what is questionable, such as unknown fields.
  package var onWarning: (@Sendable (String) -> Void)?

  package init() {}
}

package enum FieldValidation: String, Sendable { case strict = "Strict", warn = "Warn", ignore = "Ignore" }

package struct DeleteOptions: Sendable {
  package enum Propagation: String, Sendable { case background = "Background", foreground = "Foreground", orphan = "Orphan" }
  package var propagation = Propagation.background
  package var isDryRun = false
  /// Preconditions; nil for none.
  package var uid: String?
  package var resourceVersion: String?
  package var subject = Subject.system

  package init() {}
}

/// Who asks.
package struct Subject: Sendable, Hashable {
  package var name: String
  package var groups: [String]

  package init(name: String, groups: [String] = []) {
    self.name = name
    self.groups = groups
  }

  /// The process itself; no rule holds it back.
  package static let system = Subject(name: "system:ropewalk", groups: ["system:masters"])
}
