package import RopewalkResources

/// What happened to an object, as a controller's filters see it.
package struct ObjectChange: Sendable {
  package enum Kind: Sendable, Hashable { case added, modified, deleted }

  package var kind: Kind
  package var key: ResourceKey
  /// As it is now; for a deleted one, as it was last known.
  package var object: Resource
  /// As it was before a modification.
  package var old: Resource?

  package init(_ kind: Kind, _ key: ResourceKey, _ object: Resource, old: Resource? = nil) {
    self.kind = kind
    self.key = key
    self.object = object
    self.old = old
  }
}
