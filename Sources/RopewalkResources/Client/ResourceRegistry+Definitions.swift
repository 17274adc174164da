import RopewalkCore
import Synchronization

/// The kinds that users define.
extension ResourceRegistry {
  /// Takes a definition over at once, so that objects of it can be written right behind it.
  func learn(from stored: Resource, _ kind: Kind) {
    guard kind.type.collection == .customResourceDefinitions else { return }
    learn(stored)
  }

  func learn(_ stored: Resource) {
    let isEstablished =
      stored.status?["conditions"]?.array?.contains { $0["type"]?.string == "Established" && $0["status"]?.string == "True" } ?? false
    let definition = try? KindDefinition(stored)
    kinds.withLock { $0.define(stored.metadata.name, as: isEstablished ? definition?.kinds ?? [] : []) }
  }

  func forget(_ definition: String) {
    kinds.withLock { $0.define(definition, as: []) }
  }

  /// Reads all definitions of the store.
  func readDefinitions() async throws {
    var names: Set<String> = []
    try await forEachObject(of: .customResourceDefinitions) { _, resource in
      names.insert(resource.metadata.name)
      learn(resource)
    }
    kinds.withLock { [names] in $0.forgetDefinitions(besides: names) }
  }

  /// Takes over what other processes define, until the task is cancelled.
  func followDefinitions() async throws {
    let query = ResourceQuery(.customResourceDefinitions)
    while true {
      let version = try await store.list(ResourceQuery(.customResourceDefinitions, limit: 1)).resourceVersion
      // What went while nobody followed is not told.
      try await readDefinitions()
      do {
        for try await event in try await store.watch(query, after: version) {
          switch event {
          case .added(let stored), .modified(let stored): learn(stored)
          case .deleted(let stored): forget(stored.metadata.name)
          case .bookmark: break
          }
        }
      } catch let error as RopewalkError where error.code == .storeWatcherTooSlow || error.code == .storeExpired {}
      try Task.checkCancellation()
    }
  }

  /// Calls `body` with every object of a collection, a page at a time. What is written meanwhile may be seen or not.
  func forEachObject(of collection: ResourceCollection, namespace: String? = nil, _ body: (ResourceKey, Resource) async throws -> Void)
    async throws
  {
    var query = ResourceQuery(collection, namespace: namespace, limit: settings.pageSize)
    repeat {
      let page: ResourceList
      do {
        page = try await store.list(query)
      } catch let error as RopewalkError where error.code == .storeExpired {
        // Written so fast that the beginning is forgotten: what is left is looked at as it is now.
        guard let token = try query.continue.map({ try ContinueToken(parsing: $0) }) else { throw error }
        let latest = try await store.list(ResourceQuery(collection, limit: 1)).resourceVersion
        query.continue = ContinueToken(version: try StoreVersion(parsing: latest), after: token.after).text
        continue
      }
      for item in page.items {
        try await body(ResourceKey(collection, namespace: item.metadata.namespace, name: item.metadata.name), item)
      }
      query.continue = page.continue
    } while query.continue != nil
  }
}
