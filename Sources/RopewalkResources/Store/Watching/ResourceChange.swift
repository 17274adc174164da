/// One change of one object.
package struct ResourceChange: Sendable, Hashable {
  package var version: StoreVersion
  package var key: ResourceKey
  /// Nil when the object is new.
  package var before: Resource?
  /// With the version of the change, also when the object is gone: then as it was last.
  package var after: Resource
  package var isRemoval: Bool

  package init(version: StoreVersion, key: ResourceKey, before: Resource?, after: Resource, isRemoval: Bool = false) {
    self.version = version
    self.key = key
    self.before = before
    self.after = after
    self.isRemoval = isRemoval
  }

  /// What somebody who watches `query` sees of it: an object that comes to match is added to what they see, one that
  /// does not match any more is gone from it.
  package func event(for query: ResourceQuery) -> ResourceEvent? {
    let matched = before.map(query.matches) ?? false
    let matches = !isRemoval && query.matches(after)
    switch (matched, matches) {
    case (false, true): return .added(after)
    case (true, true): return .modified(after)
    case (true, false):
      guard !isRemoval, var last = before else { return .deleted(after) }
      last.metadata.resourceVersion = version.description
      return .deleted(last)
    case (false, false): return nil
    }
  }
}
