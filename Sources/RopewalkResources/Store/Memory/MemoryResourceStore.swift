package import RopewalkCore
import Synchronization

/// A store that lasts as long as the process.
package final class MemoryResourceStore: ResourceStore {
  private let state = Mutex(MemoryResourceState())
  private let feed: ChangeFeed
  private let limits: ResourceStoreLimits

  package init(limits: ResourceStoreLimits = ResourceStoreLimits(), stopwatch: Stopwatch = Stopwatch()) {
    self.limits = limits
    self.feed = ChangeFeed(after: .zero, limits: limits, stopwatch: stopwatch)
  }

  package func get(_ key: ResourceKey) async throws -> Resource? {
    state.withLock { $0.object(key) }
  }

  package func write(_ resource: Resource, at key: ResourceKey, expecting expectation: WriteExpectation) async throws -> Resource {
    try state.withLock { state in
      let change = try state.write(resource, at: key, expecting: expectation)
      // Published under the lock, so that changes come in their order. Nobody is waited for.
      feed.publish(CollectionOfOne(change))
      return change.after
    }
  }

  package func remove(_ key: ResourceKey, ifVersion version: String) async throws -> Resource {
    try state.withLock { state in
      let change = try state.remove(key, ifVersion: version)
      feed.publish(CollectionOfOne(change))
      return change.after
    }
  }

  package func list(_ query: ResourceQuery) async throws -> ResourceList {
    let token = try query.continue.map { text throws(RopewalkError) in try ContinueToken(parsing: text) }
    return try state.withLock { state in
      guard let token else { return state.page(query, after: nil, as: state.version, undoing: [:]) }
      guard token.version <= state.version else { throw RopewalkError.notYet(token.version, latest: state.version) }
      return state.page(query, after: token.after, as: token.version, undoing: try undone(query.collection, to: token.version))
    }
  }

  /// How the objects were that have changed since `version`; nil for those that were not there.
  private func undone(_ collection: ResourceCollection, to version: StoreVersion) throws(RopewalkError) -> [ObjectPath: Resource?] {
    let undone = feed.withHistory { history -> [ObjectPath: Resource?]? in
      guard let changes = history.changes(of: collection, after: version) else { return nil }
      return Dictionary(changes.map { (ObjectPath($0.key), $0.before) }) { first, _ in first }
    }
    guard let undone else { throw .expired(version, oldest: feed.oldest(of: collection)) }
    return undone
  }

  package func watch(_ query: ResourceQuery, after version: String?) async throws -> ResourceWatch {
    let place = try version.map { text throws(RopewalkError) in try StoreVersion(parsing: text) }
    if let place {
      let latest = state.withLock { $0.version }
      guard place <= latest else { throw RopewalkError.notYet(place, latest: latest) }
      if case .behind(let oldest) = feed.read(query.collection, after: place, limit: 1) {
        throw RopewalkError.expired(place, oldest: oldest)
      }
    }
    return ResourceWatcher(query, after: place, from: self, feed: feed, limits: limits).events
  }

  package func dependents(ofOwner uid: String) async throws -> [(ResourceKey, Resource)] {
    state.withLock { $0.dependents(ofOwner: uid) }
  }
}

extension MemoryResourceStore: WatchSource {
  /// The feed keeps all there is.
  package func history(_ query: ResourceQuery, after version: StoreVersion) async throws -> (changes: [ResourceChange], upTo: StoreVersion)
  {
    throw RopewalkError.expired(version, oldest: feed.oldest(of: query.collection))
  }
}

/// The objects of a memory store and the order of their changes.
struct MemoryResourceState {
  private(set) var version = StoreVersion.zero
  private var collections: [ResourceCollection: ObjectTable] = [:]
  /// Who names whom as owner, by the owner's uid.
  private var dependents: [String: Set<ResourceKey>] = [:]

  func object(_ key: ResourceKey) -> Resource? { collections[key.collection]?[ObjectPath(key)] }

  mutating func write(_ resource: Resource, at key: ResourceKey, expecting expectation: WriteExpectation) throws(RopewalkError)
    -> ResourceChange
  {
    let before = object(key)
    let isAsExpected =
      switch expectation {
      case .absent: before == nil
      case .version(let version): before?.metadata.resourceVersion == version
      }
    guard isAsExpected else { throw .storeConflict(key) }
    let after = next(resource)
    collections[key.collection, default: ObjectTable()].set(ObjectPath(key), to: after)
    forgetOwners(of: before, key)
    for owner in after.metadata.ownerReferences { dependents[owner.uid, default: []].insert(key) }
    return ResourceChange(version: version, key: key, before: before, after: after)
  }

  mutating func remove(_ key: ResourceKey, ifVersion version: String) throws(RopewalkError) -> ResourceChange {
    guard let before = object(key) else { throw RopewalkError(.storeNotFound, "\(key) is not there") }
    guard before.metadata.resourceVersion == version else { throw .storeConflict(key) }
    let after = next(before)
    collections[key.collection]?.remove(ObjectPath(key))
    forgetOwners(of: before, key)
    return ResourceChange(version: self.version, key: key, before: before, after: after, isRemoval: true)
  }

  private mutating func next(_ resource: Resource) -> Resource {
    version = StoreVersion(version.number + 1)
    var resource = resource
    resource.metadata.resourceVersion = version.description
    return resource
  }

  private mutating func forgetOwners(of resource: Resource?, _ key: ResourceKey) {
    for owner in resource?.metadata.ownerReferences ?? [] {
      dependents[owner.uid]?.remove(key)
      if dependents[owner.uid]?.isEmpty == true { dependents[owner.uid] = nil }
    }
  }

  func dependents(ofOwner uid: String) -> [(ResourceKey, Resource)] {
    (dependents[uid] ?? []).compactMap { key in object(key).map { (key, $0) } }
  }

  /// One page as of a version.
  /// - Parameter undone: how objects were then that are otherwise now.
  func page(_ query: ResourceQuery, after path: ObjectPath?, as version: StoreVersion, undoing undone: [ObjectPath: Resource?])
    -> ResourceList
  {
    let table = collections[query.collection] ?? ObjectTable()
    // Objects that are gone now have a place in the order still.
    var gone = undone.filter { $0.value != nil && table[$0.key] == nil }.keys.sorted()[...]
    if let path { gone = gone.drop { $0 <= path } }
    var items: [Resource] = []
    var hasMore = false

    func take(_ path: ObjectPath) -> Bool {
      let resource = undone[path] ?? table[path]
      guard let resource, query.matches(resource) else { return true }
      guard items.count < query.limit ?? .max else {
        hasMore = true
        return false
      }
      items.append(resource)
      return true
    }

    var goesOn = true
    table.forEachPath(after: start(of: query, after: path)) { path in
      while goesOn, let lost = gone.first, lost < path {
        gone = gone.dropFirst()
        goesOn = take(lost)
      }
      if let namespace = query.namespace, path.namespace > namespace { return false }
      if goesOn { goesOn = take(path) }
      return goesOn
    }
    while goesOn, let lost = gone.popFirst() { goesOn = take(lost) }

    var list = ResourceList(items: items, resourceVersion: version.description)
    if hasMore, let last = items.last {
      list.continue = ContinueToken(version: version, after: ObjectPath(namespace: last.metadata.namespace, name: last.metadata.name)).text
      if path == nil, query.isUnfiltered, query.namespace == nil { list.remaining = table.count - items.count }
    }
    return list
  }

  /// Where a list begins: behind the page before, and not before the namespace that it is of.
  private func start(of query: ResourceQuery, after path: ObjectPath?) -> ObjectPath? {
    path ?? query.namespace.map { ObjectPath(namespace: $0, name: "") }
  }
}
