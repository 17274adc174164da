import RopewalkCore
import RopewalkResources

/// A client that notes what is written through it, so that a controller that reacts to itself is found out.
struct ControllerClient: ForwardingClient {
  let base: any ResourceClient
  let log: WriteLog

  func create(_ resource: Resource, options: WriteOptions) async throws -> Resource {
    noted(try await base.create(resource, options: options))
  }

  func update(_ resource: Resource, _ part: ResourcePart, options: WriteOptions) async throws -> Resource {
    noted(try await base.update(resource, part, options: options))
  }

  func modify(
    _ key: ResourceKey,
    _ part: ResourcePart,
    options: WriteOptions,
    _ change: @Sendable (inout Resource) throws -> Void
  ) async throws -> Resource {
    noted(try await base.modify(key, part, options: options, change))
  }

  func delete(_ key: ResourceKey, options: DeleteOptions) async throws -> Resource {
    noted(try await base.delete(key, options: options))
  }

  private func noted(_ resource: Resource) -> Resource {
    log.note(resource.metadata.resourceVersion)
    return resource
  }
}
