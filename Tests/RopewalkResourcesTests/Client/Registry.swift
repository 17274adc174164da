import RopewalkCore
import RopewalkResources
import RopewalkTesting
import Testing

/// A client on a memory store with the kind Item, and the namespace `inventory`.
func withRegistry(
  settings: ResourceRegistrySettings = ResourceRegistrySettings(namespaces: ["default", "inventory"]),
  sealing: SealingKeys? = nil,
  _ body: (ResourceRegistry, MemoryResourceStore) async throws -> Void
) async throws {
  let store = MemoryResourceStore()
  try await body(try await ResourceRegistry.openForItems(store, settings: settings, sealing: sealing), store)
}

extension ResourceRegistry {
  @discardableResult
  func add(_ resource: Resource, _ options: WriteOptions = WriteOptions()) async throws -> Resource {
    try await create(resource, options: options)
  }

  @discardableResult
  func change(_ key: ResourceKey, _ part: ResourcePart = .main, _ body: @Sendable (inout Resource) -> Void) async throws -> Resource {
    try await modify(key, part, options: WriteOptions(), body)
  }

  @discardableResult
  func delete(_ key: ResourceKey, _ propagation: DeleteOptions.Propagation = .background) async throws -> Resource {
    var options = DeleteOptions()
    options.propagation = propagation
    return try await delete(key, options: options)
  }

  func names(_ collection: ResourceCollection = .items, in namespace: String? = nil) async throws -> [String] {
    try await list(ResourceQuery(collection, namespace: namespace)).items.map(\.metadata.name)
  }
}

extension Resource {
  func owned(by owners: Resource..., blocking: Bool = false) -> Resource {
    var resource = self
    resource.metadata.ownerReferences += owners.map {
      OwnerReference(
        apiVersion: $0.apiVersion,
        kind: $0.kind,
        name: $0.metadata.name,
        uid: $0.metadata.uid,
        blockOwnerDeletion: blocking
      )
    }
    return resource
  }

  func held(by finalizers: String...) -> Resource {
    var resource = self
    resource.metadata.finalizers = finalizers
    return resource
  }

  static func object(_ apiVersion: String, _ kind: String, _ name: String, in namespace: String = "", _ fields: JSONObject = [:])
    -> Resource
  {
    Resource(apiVersion: apiVersion, kind: kind, metadata: ResourceMetadata(name: name, namespace: namespace), fields: fields)
  }
}
