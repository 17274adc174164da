package import RopewalkCore
import Synchronization

/// The client of the process: the rules over a store.
///
/// Open it with ``open(_:settings:sealing:stopwatch:)``, and keep ``run(reporting:)`` running beside it: that follows the
/// kinds that other processes define, and finishes what a crash has left half done.
package final class ResourceRegistry: ResourceClient {
  let store: any ResourceStore
  package let settings: ResourceRegistrySettings
  let sealing: SealingKeys?
  let stopwatch: Stopwatch
  let kinds = Mutex(KindTable())
  let turns = KeyedTurns()
  /// Who has a say in writes.
  package let admission = AdmissionChain()

  private init(_ store: any ResourceStore, settings: ResourceRegistrySettings, sealing: SealingKeys?, stopwatch: Stopwatch) {
    self.store = store
    self.settings = settings
    self.sealing = sealing
    self.stopwatch = stopwatch
  }

  /// Opens a client on a store: reads the kinds that users have defined, and makes the namespaces that are always there.
  /// - Parameter sealing: without it, no values can be put into Secrets.
  package static func open(
    _ store: any ResourceStore,
    settings: ResourceRegistrySettings = ResourceRegistrySettings(),
    sealing: SealingKeys? = nil,
    stopwatch: Stopwatch = Stopwatch()
  ) async throws -> ResourceRegistry {
    let registry = ResourceRegistry(store, settings: settings, sealing: sealing, stopwatch: stopwatch)
    try await registry.readDefinitions()
    for name in settings.namespaces { try await registry.ensureNamespace(name) }
    return registry
  }

  private func ensureNamespace(_ name: String) async throws {
    do {
      _ = try await create(Resource(apiVersion: "v1", kind: "Namespace", metadata: ResourceMetadata(name: name)), options: WriteOptions())
    } catch let error as RopewalkError where error.code == .resourceExists {}
  }

  var now: Timestamp { stopwatch.timestamp.wholeSeconds }

  // MARK: Kinds

  package var types: [ResourceType] { kinds.withLock { $0.kinds.map(\.type) } }

  package func type(apiVersion: String, kind: String) -> ResourceType? {
    kinds.withLock { $0.kind(apiVersion: apiVersion, kind: kind)?.type }
  }

  package func type(group: String, version: String, plural: String) -> ResourceType? {
    kinds.withLock { $0.kind(group: group, version: version, plural: plural)?.type }
  }

  func kind(of resource: Resource) throws(RopewalkError) -> Kind {
    guard let kind = kinds.withLock({ $0.kind(apiVersion: resource.apiVersion, kind: resource.kind) }) else {
      throw RopewalkError(
        .resourceUnknownKind,
        "no matches for kind \"\(resource.kind)\" in version \"\(resource.apiVersion)\"; apply its CustomResourceDefinition first"
      )
    }
    return kind
  }

  func kind(of collection: ResourceCollection) throws(RopewalkError) -> Kind {
    guard let kind = kinds.withLock({ $0.kind(of: collection) }) else {
      throw RopewalkError(.resourceUnknownKind, "the server doesn't have a resource type \"\(collection)\"")
    }
    return kind
  }

  // MARK: Reading

  package func get(_ key: ResourceKey) async throws -> Resource {
    let kind = try kind(of: key.collection)
    guard let stored = try await store.get(key) else { throw RopewalkError.notFound(key) }
    return shown(stored, kind)
  }

  package func list(_ query: ResourceQuery) async throws -> ResourceList {
    let kind = try kind(of: query.collection)
    var list = try await store.list(query)
    for index in list.items.indices { list.items[index] = shown(list.items[index], kind) }
    return list
  }

  /// Version "0" and the empty one begin with the state as it is, as nil does.
  package func watch(_ query: ResourceQuery, after version: String?) async throws -> ResourceWatch {
    let kind = try kind(of: query.collection)
    let watch = try await store.watch(query, after: version == "0" || version == "" ? nil : version)
    return watch.map { event in
      switch event {
      case .added(let stored): .added(self.shown(stored, kind))
      case .modified(let stored): .modified(self.shown(stored, kind))
      case .deleted(let stored): .deleted(self.shown(stored, kind))
      case .bookmark: event
      }
    }
  }

  /// What a reader sees of what is kept.
  func shown(_ stored: Resource, _ kind: Kind) -> Resource {
    var resource = kind.type.collection == .secrets ? SealedSecret.shown(stored) : stored
    resource.apiVersion = kind.storageAPIVersion
    return resource
  }
}
