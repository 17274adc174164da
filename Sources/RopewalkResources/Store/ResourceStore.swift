/// Keeps objects. The seam beneath ``ResourceClient``, which has the rules; a store has atomic writes, an order of all
/// changes, and a watch that misses none.
///
/// Implementations: memory, SQLite, PostgreSQL. All pass `ResourceStoreLaw`.
package protocol ResourceStore: Sendable {
  /// Returns the object, or nil. Throws `RopewalkError` (`store.unavailable`) when the store cannot be read.
  func get(_ key: ResourceKey) async throws -> Resource?

  /// Returns one page in the order of namespace and name, all pages of a list as of the same revision.
  /// - Throws: `store.expired` when `query.continue` is older than what the store retains.
  func list(_ query: ResourceQuery) async throws -> ResourceList

  /// Writes one object if `expectation` holds, and returns it with its new `resourceVersion`, which is greater than every
  /// one before, over restarts too. On return the change is durable and will be seen by every watch.
  /// - Throws: `store.conflict` when the object is not as expected, with nothing written.
  func write(_ resource: Resource, at key: ResourceKey, expecting expectation: WriteExpectation) async throws -> Resource

  /// Removes one object if it still has that `resourceVersion`. Returns the object with the version of its removal.
  /// - Throws: `store.conflict`, `store.notFound`.
  func remove(_ key: ResourceKey, ifVersion version: String) async throws -> Resource

  /// The changes after `version`, in order, without gap; nil begins with the state as it is, as `added` events and then a
  /// bookmark. A watcher that does not read is cut off with `store.watcherTooSlow`; it never holds up a writer.
  /// - Throws: `store.expired` when the changes after `version` are not retained any more.
  func watch(_ query: ResourceQuery, after version: String?) async throws -> ResourceWatch

  /// The objects that name `uid` as an owner.
  func dependents(ofOwner uid: String) async throws -> [(ResourceKey, Resource)]
}

/// What must be true of an object when it is written.
package enum WriteExpectation: Sendable, Hashable {
  case absent
  case version(String)
}

/// Which objects.
package struct ResourceQuery: Sendable, Hashable {
  package var collection: ResourceCollection
  /// Nil for all.
  package var namespace: String?
  package var labels: LabelSelector
  package var fields: FieldSelector
  /// Objects in one page; nil for all.
  package var limit: Int?
  /// What the page before gave.
  package var `continue`: String?

  package init(
    _ collection: ResourceCollection,
    namespace: String? = nil,
    labels: LabelSelector = .everything,
    fields: FieldSelector = .everything,
    limit: Int? = nil,
    continue: String? = nil
  ) {
    self.collection = collection
    self.namespace = namespace
    self.labels = labels
    self.fields = fields
    self.limit = limit
    self.continue = `continue`
  }
}

package struct ResourceList: Sendable {
  package var items: [Resource]
  /// The revision the list is as of; a watch from here misses nothing.
  package var resourceVersion: String
  /// For the next page; nil with the last.
  package var `continue`: String?
  /// How many are left after this page, where the store knows.
  package var remaining: Int?

  package init(items: [Resource], resourceVersion: String, continue: String? = nil, remaining: Int? = nil) {
    self.items = items
    self.resourceVersion = resourceVersion
    self.continue = `continue`
    self.remaining = remaining
  }
}

package enum ResourceEvent: Sendable, Hashable {
  case added(Resource)
  case modified(Resource)
  /// The object as it was last, with the version of its removal.
  case deleted(Resource)
  /// Nothing that matches has happened up to this version.
  case bookmark(resourceVersion: String)
}

/// A stream of changes. Ends with an error only: `store.watcherTooSlow`, `store.unavailable`, or cancellation.
package struct ResourceWatch: AsyncSequence, Sendable {
  package typealias Element = ResourceEvent
  let take: @Sendable () async throws -> ResourceEvent?

  package init(_ next: @escaping @Sendable () async throws -> ResourceEvent?) {
    take = next
  }

  package struct Iterator: AsyncIteratorProtocol {
    fileprivate let take: @Sendable () async throws -> ResourceEvent?
    package mutating func next() async throws -> ResourceEvent? { try await take() }
  }

  package func makeAsyncIterator() -> Iterator { Iterator(take: take) }

  /// The same watch with each event changed.
  package func map(_ change: @escaping @Sendable (ResourceEvent) -> ResourceEvent) -> ResourceWatch {
    let take = take
    return ResourceWatch { try await take().map(change) }
  }
}
