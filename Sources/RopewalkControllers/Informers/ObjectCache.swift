import RopewalkResources

/// The objects of one kind as a watch tells of them.
///
/// A watch from the beginning lists: it says what there is and then where it is. What was known before and is not said by
/// then has been deleted meanwhile, so that nothing is missed however long the watch was away.
struct ObjectCache {
  let collection: ResourceCollection
  private(set) var objects: [ResourceKey: Resource] = [:]
  /// From where a watch can go on; nil when it has to list.
  private(set) var position: String?
  /// What the listing under way has not said yet; nil when none is under way.
  private var unseen: Set<ResourceKey>?

  init(_ collection: ResourceCollection) {
    self.collection = collection
  }

  /// A watch begins, after ``position`` or with a listing.
  mutating func begin() {
    unseen = position == nil ? Set(objects.keys) : nil
  }

  /// The store does not know any more what came after ``position``.
  mutating func expire() {
    position = nil
  }

  /// Returns what has changed.
  mutating func apply(_ event: ResourceEvent) -> [ObjectChange] {
    switch event {
    case .added(let object), .modified(let object):
      advance(to: object.metadata.resourceVersion)
      return put(object).map { [$0] } ?? []
    case .deleted(let object):
      advance(to: object.metadata.resourceVersion)
      let key = key(of: object)
      unseen?.remove(key)
      return objects.removeValue(forKey: key) == nil ? [] : [ObjectChange(.deleted, key, object)]
    case .bookmark(let version):
      let gone = unseen ?? []
      unseen = nil
      position = version
      return gone.compactMap { key in objects.removeValue(forKey: key).map { ObjectChange(.deleted, key, $0) } }
    }
  }

  /// The version of a listed object says nothing about where the listing is.
  private mutating func advance(to version: String) {
    if unseen == nil { position = version }
  }

  private mutating func put(_ object: Resource) -> ObjectChange? {
    let key = key(of: object)
    unseen?.remove(key)
    let old = objects.updateValue(object, forKey: key)
    guard let old else { return ObjectChange(.added, key, object) }
    guard old.metadata.resourceVersion != object.metadata.resourceVersion else { return nil }
    return ObjectChange(.modified, key, object, old: old)
  }

  private func key(of object: Resource) -> ResourceKey {
    ResourceKey(collection, namespace: object.metadata.namespace, name: object.metadata.name)
  }
}
