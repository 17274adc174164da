import RopewalkCore

/// What goes with an object: what it owns, and what waited for it to go.
extension ResourceRegistry {
  /// Follows removals: deletes what has no owner left, and what that owns, and so on; a cycle of owners ends where it began.
  /// - Parameter finishing: whether owners, namespaces and definitions that wait for one of the objects are looked at.
  func cascade(from removed: [(ResourceKey, Resource)], finishing: Bool = true) async throws {
    var pending = removed
    while let (key, resource) = pending.popLast() {
      try Task.checkCancellation()
      if key.collection == .customResourceDefinitions { forget(key.name) }
      for (key, dependent) in try await store.dependents(ofOwner: resource.metadata.uid) {
        if let removed = try await release(key, dependent, from: resource.metadata.uid) { pending.append((key, removed)) }
      }
      guard finishing else { continue }
      pending += try await finishOwners(of: resource)
      if !key.namespace.isEmpty { try await finishNamespace(key.namespace) }
      try await finishDefinition(of: key.collection)
    }
  }

  /// Takes an owner that is gone from an object, which goes too when it has no other. Returns it when it is gone at once.
  private func release(_ key: ResourceKey, _ dependent: Resource, from owner: String) async throws -> Resource? {
    // An object that names itself has no owner by that.
    var others = dependent.metadata.ownerReferences.filter { $0.uid != owner && $0.uid != dependent.metadata.uid }
    while let other = others.popLast() {
      guard try await mayExist(other, namespace: key.namespace) else { continue }
      return try await changeMetadata(key) { $0.ownerReferences.removeAll { $0.uid == owner } }
    }
    guard case .removed(let removed) = try await beginDeletion(key) else { return nil }
    return removed
  }

  /// Whether an owner is there; true also when its kind is not known, because then nobody can tell.
  func mayExist(_ owner: OwnerReference, namespace: String) async throws -> Bool {
    guard let key = key(of: owner, namespace: namespace) else { return true }
    return try await store.get(key)?.metadata.uid == owner.uid
  }

  private func key(of owner: OwnerReference, namespace: String) -> ResourceKey? {
    guard let type = type(apiVersion: owner.apiVersion, kind: owner.kind) else { return nil }
    return ResourceKey(type.collection, namespace: type.isNamespaced ? namespace : "", name: owner.name)
  }

  /// Removes the owners that waited for this dependent as the last. Returns them.
  private func finishOwners(of removed: Resource) async throws -> [(ResourceKey, Resource)] {
    var finished: [(ResourceKey, Resource)] = []
    for owner in removed.metadata.ownerReferences {
      guard let key = key(of: owner, namespace: removed.metadata.namespace), let resource = try await store.get(key),
        resource.metadata.uid == owner.uid, let gone = try await finishForeground(key, resource)
      else { continue }
      finished.append((key, gone))
    }
    return finished
  }

  // MARK: Foreground

  /// Deletes everything below an owner that waits for it, leaves first.
  func deleteForeground(_ root: ResourceKey, _ uid: String) async throws {
    var marked: [(key: ResourceKey, uid: String)] = [(root, uid)]
    var uids: Set<String> = [uid]
    var next = 0
    while next < marked.count {
      let owner = marked[next].uid
      next += 1
      for (key, dependent) in try await store.dependents(ofOwner: owner) where !uids.contains(dependent.metadata.uid) {
        guard try await !hasOtherOwner(dependent, besides: uids, namespace: key.namespace) else {
          _ = try await changeMetadata(key) { $0.ownerReferences.removeAll { uids.contains($0.uid) } }
          continue
        }
        let ownsNothing = try await store.dependents(ofOwner: dependent.metadata.uid).isEmpty
        let deletion = try await beginDeletion(key) { _ in ownsNothing ? [] : [Self.foregroundFinalizer] }
        guard case .marked = deletion, !ownsNothing else { continue }
        uids.insert(dependent.metadata.uid)
        marked.append((key, dependent.metadata.uid))
      }
    }
    try await finish(marked)
  }

  private func hasOtherOwner(_ dependent: Resource, besides uids: Set<String>, namespace: String) async throws -> Bool {
    for owner in dependent.metadata.ownerReferences where !uids.contains(owner.uid) && owner.uid != dependent.metadata.uid {
      if try await mayExist(owner, namespace: namespace) { return true }
    }
    return false
  }

  /// Removes, from the leaves up, whatever waits for nothing any more; and those that only wait for each other.
  private func finish(_ marked: [(key: ResourceKey, uid: String)]) async throws {
    var waiting = marked
    var hasChanged = true
    while hasChanged {
      hasChanged = false
      for place in waiting.reversed() {
        guard let resource = try await store.get(place.key), resource.metadata.uid == place.uid,
          let gone = try await finishForeground(place.key, resource)
        else { continue }
        hasChanged = true
        try await cascade(from: [(place.key, gone)])
      }
      var left: [(key: ResourceKey, uid: String)] = []
      for place in waiting where try await store.get(place.key)?.metadata.uid == place.uid { left.append(place) }
      waiting = left
    }
    try await breakCycles(among: waiting)
  }

  /// Nil unless that removes the owner: it is in foreground deletion, and no dependent that may hold it up is left.
  private func finishForeground(_ key: ResourceKey, _ owner: Resource) async throws -> Resource? {
    guard owner.metadata.deletionTimestamp != nil, owner.metadata.finalizers.contains(Self.foregroundFinalizer),
      try await blockers(of: owner.metadata.uid).isEmpty
    else { return nil }
    return try await changeMetadata(key) { $0.finalizers.removeAll { $0 == Self.foregroundFinalizer } }
  }

  private func blockers(of owner: String) async throws -> [Resource] {
    try await store.dependents(ofOwner: owner).map(\.1).filter { dependent in
      dependent.metadata.uid != owner
        && dependent.metadata.ownerReferences.contains { $0.uid == owner && $0.blockOwnerDeletion }
    }
  }

  private func breakCycles(among waiting: [(key: ResourceKey, uid: String)]) async throws {
    // Those that nothing outside of the cycle holds.
    var free: [(key: ResourceKey, uid: String)] = []
    for place in waiting {
      if let resource = try await store.get(place.key), resource.metadata.finalizers == [Self.foregroundFinalizer] { free.append(place) }
    }
    var hasChanged = true
    while hasChanged {
      hasChanged = false
      let uids = Set(free.map(\.uid))
      for (index, place) in free.enumerated().reversed() {
        guard try await blockers(of: place.uid).contains(where: { !uids.contains($0.metadata.uid) }) else { continue }
        free.remove(at: index)
        hasChanged = true
      }
    }
    for place in free {
      guard let gone = try await changeMetadata(place.key, { $0.finalizers.removeAll { $0 == Self.foregroundFinalizer } }) else { continue }
      try await cascade(from: [(place.key, gone)])
    }
  }

  // MARK: Containers

  /// Deletes everything in a namespace, and then the namespace.
  func emptyNamespace(_ name: String) async throws {
    for collection in namespacedCollections {
      try await empty(collection, namespace: name)
    }
    try await finishNamespace(name)
  }

  /// Deletes all objects of a kind, and then its definition.
  func emptyDefinition(_ key: ResourceKey, _ definition: Resource) async throws {
    guard let collection = collection(of: definition) else { return }
    try await empty(collection, namespace: nil)
    try await finishDefinition(of: collection)
  }

  private func empty(_ collection: ResourceCollection, namespace: String?) async throws {
    try await forEachObject(of: collection, namespace: namespace) { key, _ in
      guard case .removed(let removed) = try await beginDeletion(key) else { return }
      try await cascade(from: [(key, removed)], finishing: false)
    }
  }

  private var namespacedCollections: [ResourceCollection] {
    var seen: Set<ResourceCollection> = []
    return types.filter { $0.isNamespaced && seen.insert($0.collection).inserted }.map(\.collection)
  }

  private func collection(of definition: Resource) -> ResourceCollection? {
    guard let group = definition.spec?["group"]?.string, let plural = definition.spec?["names"]?["plural"]?.string else { return nil }
    return ResourceCollection(group: group, plural: plural)
  }

  private func finishNamespace(_ name: String) async throws {
    let key = ResourceKey(.namespaces, name: name)
    guard let namespace = try await store.get(key), namespace.metadata.deletionTimestamp != nil else { return }
    for collection in namespacedCollections {
      guard try await store.list(ResourceQuery(collection, namespace: name, limit: 1)).items.isEmpty else { return }
    }
    _ = try await changeMetadata(key) { $0.finalizers.removeAll { $0 == Self.namespaceFinalizer } }
  }

  private func finishDefinition(of collection: ResourceCollection) async throws {
    let key = ResourceKey(.customResourceDefinitions, name: "\(collection.plural).\(collection.group)")
    guard !collection.group.isEmpty, let definition = try await store.get(key), definition.metadata.deletionTimestamp != nil,
      try await store.list(ResourceQuery(collection, limit: 1)).items.isEmpty
    else { return }
    let gone = try await changeMetadata(key) { $0.finalizers.removeAll { $0 == KindDefinition.cleanup } }
    if gone != nil { forget(key.name) }
  }
}
