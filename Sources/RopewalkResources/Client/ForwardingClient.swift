/// A client that stands in front of another, and adds something to its writes.
package protocol ForwardingClient: ResourceClient {
  var base: any ResourceClient { get }
}

extension ForwardingClient {
  package var types: [ResourceType] { base.types }

  package func type(apiVersion: String, kind: String) -> ResourceType? { base.type(apiVersion: apiVersion, kind: kind) }

  package func type(group: String, version: String, plural: String) -> ResourceType? {
    base.type(group: group, version: version, plural: plural)
  }

  package func get(_ key: ResourceKey) async throws -> Resource { try await base.get(key) }

  package func list(_ query: ResourceQuery) async throws -> ResourceList { try await base.list(query) }

  package func watch(_ query: ResourceQuery, after version: String?) async throws -> ResourceWatch {
    try await base.watch(query, after: version)
  }
}
