import RopewalkCore
import RopewalkFunctions

extension ResourceRegistry {
  package func update(_ resource: Resource, _ part: ResourcePart, options: WriteOptions) async throws -> Resource {
    let kind = try kind(of: resource)
    let key = ResourceKey(kind.type.collection, namespace: resource.metadata.namespace, name: resource.metadata.name)
    return try await change(key, kind, part, options, mayRetry: resource.metadata.resourceVersion.isEmpty) { _ in resource }
  }

  package func modify(
    _ key: ResourceKey,
    _ part: ResourcePart,
    options: WriteOptions,
    _ change: @Sendable (inout Resource) throws -> Void
  ) async throws -> Resource {
    let kind = try kind(of: key.collection)
    return try await self.change(key, kind, part, options, mayRetry: true) { current in
      var next = current
      try change(&next)
      // A change that sets a version of its own means that one.
      if next.metadata.resourceVersion == current.metadata.resourceVersion { next.metadata.resourceVersion = "" }
      return next
    }
  }

  /// Writes what `make` makes of the object as it is. Where somebody else writes at the same time it queues up and tries again.
  private func change(
    _ key: ResourceKey,
    _ kind: Kind,
    _ part: ResourcePart,
    _ options: WriteOptions,
    mayRetry: Bool,
    _ make: (Resource) throws -> Resource
  ) async throws -> Resource {
    // Who comes while others queue up is not to overtake them: they would try in vain for as long as somebody comes.
    if !mayRetry || !turns.isTaken(key), let result = try await tryToChange(key, kind, part, options, make) { return result }
    guard mayRetry else { throw RopewalkError.changedMeanwhile(key) }
    await turns.enter(key)
    defer { turns.leave(key) }
    for _ in 1..<settings.maxAttempts {
      try Task.checkCancellation()
      if let result = try await tryToChange(key, kind, part, options, make) { return result }
    }
    throw RopewalkError.changedMeanwhile(key)
  }

  /// Nil when somebody else wrote meanwhile.
  private func tryToChange(
    _ key: ResourceKey,
    _ kind: Kind,
    _ part: ResourcePart,
    _ options: WriteOptions,
    _ make: (Resource) throws -> Resource
  ) async throws -> Resource? {
    guard let current = try await store.get(key) else { throw RopewalkError.notFound(key) }
    let written = try make(shown(current, kind))
    try checkIdentity(written, current, key)
    let next = try await prepared(merged(written, into: current, part, kind), over: current, part, kind, options)
    var stored = try settled(next, over: current, kind)
    if kind.type.hasGeneration, part == .main, !Self.isSameWish(stored, current, kind) { stored.metadata.generation += 1 }
    guard !Self.isSame(stored, current), !options.isDryRun else { return shown(stored, kind) }
    do {
      if stored.metadata.deletionTimestamp != nil, stored.metadata.finalizers.isEmpty {
        let removed = try await store.remove(key, ifVersion: current.metadata.resourceVersion)
        try await cascade(from: [(key, removed)])
        return shown(removed, kind)
      }
      let result = try await store.write(stored, at: key, expecting: .version(current.metadata.resourceVersion))
      learn(from: result, kind)
      return shown(result, kind)
    } catch let error as RopewalkError where error.code == .storeConflict || error.code == .storeNotFound {
      return nil
    }
  }

  private func checkIdentity(_ written: Resource, _ current: Resource, _ key: ResourceKey) throws(RopewalkError) {
    if !written.metadata.resourceVersion.isEmpty, written.metadata.resourceVersion != current.metadata.resourceVersion {
      throw .changedMeanwhile(key)
    }
    if !written.metadata.uid.isEmpty, written.metadata.uid != current.metadata.uid {
      throw .conflict(key, "Precondition failed: UID in precondition: \(written.metadata.uid), UID in object meta: \(current.metadata.uid)")
    }
    guard type(apiVersion: written.apiVersion, kind: written.kind)?.collection == key.collection else {
      throw RopewalkError(
        .resourceMalformed,
        "the kind of an object cannot be changed: found \(written.kind) of \(written.apiVersion) where \(current.kind) should be"
      )
    }
    guard written.metadata.name == key.name, written.metadata.namespace == key.namespace else {
      throw RopewalkError(
        .resourceMalformed,
        "the name and the namespace of an object cannot be changed; create another and delete this one"
      )
    }
  }

  /// What is written, with everything that the part is not about as it was.
  private func merged(_ written: Resource, into current: Resource, _ part: ResourcePart, _ kind: Kind) throws(RopewalkError) -> Resource {
    switch part {
    case .main:
      var next = written
      next.metadata.uid = current.metadata.uid
      next.metadata.generateName = current.metadata.generateName
      next.metadata.creationTimestamp = current.metadata.creationTimestamp
      next.metadata.deletionTimestamp = current.metadata.deletionTimestamp
      next.metadata.deletionGracePeriodSeconds = current.metadata.deletionGracePeriodSeconds
      next.metadata.generation = current.metadata.generation
      next.metadata.resourceVersion = current.metadata.resourceVersion
      dropForeign(&next)
      if kind.type.hasStatus { next.status = current.status }
      return next
    case .status:
      guard kind.type.hasStatus else {
        throw RopewalkError(.resourceNotFound, "\(kind.type.collection) have no status of their own; write the object itself")
      }
      var next = current
      next.apiVersion = written.apiVersion
      next.status = written.status
      return next
    }
  }

  /// Whether two forms of an object want the same: everything but the envelope and the status.
  private static func isSameWish(_ left: Resource, _ right: Resource, _ kind: Kind) -> Bool {
    var (left, right) = (left.fields, right.fields)
    if kind.type.hasStatus { (left["status"], right["status"]) = (nil, nil) }
    return JSON.object(left).isSameValue(as: .object(right))
  }

  private static func isSame(_ left: Resource, _ right: Resource) -> Bool {
    left.apiVersion == right.apiVersion && left.metadata == right.metadata
      && JSON.object(left.fields).isSameValue(as: .object(right.fields))
  }
}
