import RopewalkCore

extension ResourceRegistry {
  /// The finalizer of an owner that waits for its dependents, as in Kubernetes.
  static let foregroundFinalizer = "foregroundDeletion"
  /// The finalizer of a namespace that is being emptied.
  static let namespaceFinalizer = "kubernetes"

  /// What the beginning of a deletion led to.
  enum Deletion {
    case removed(Resource)
    /// It is marked, and goes when no finalizer is left.
    case marked(Resource)

    var resource: Resource {
      switch self {
      case .removed(let resource), .marked(let resource): resource
      }
    }
  }

  package func delete(_ key: ResourceKey, options: DeleteOptions) async throws -> Resource {
    let kind = try kind(of: key.collection)
    guard let current = try await store.get(key) else { throw RopewalkError.notFound(key) }
    try check(current, key, options)
    try await checkAdmission(current, key, kind, options)
    guard !options.isDryRun else { return shown(current, kind) }
    if options.propagation == .orphan { try await orphanDependents(of: current.metadata.uid) }
    let deletion = try await beginDeletion(key) { current in
      try self.check(current, key, options)
      return try await self.finalizers(for: current, key, options)
    }
    switch deletion {
    case .removed(let removed): try await cascade(from: [(key, removed)])
    case .marked(let marked): try await emptyContainer(key, marked)
    case nil: throw RopewalkError.notFound(key)
    }
    let left = try await store.get(key)
    let result = left.flatMap { $0.metadata.uid == current.metadata.uid ? $0 : nil } ?? deletion?.resource ?? current
    return shown(result, kind)
  }

  private func check(_ current: Resource, _ key: ResourceKey, _ options: DeleteOptions) throws(RopewalkError) {
    if let uid = options.uid, uid != current.metadata.uid {
      throw .conflict(key, "Precondition failed: UID in precondition: \(uid), UID in object meta: \(current.metadata.uid)")
    }
    if let version = options.resourceVersion, version != current.metadata.resourceVersion {
      throw .conflict(
        key,
        "Precondition failed: ResourceVersion in precondition: \(version), ResourceVersion in object meta: \(current.metadata.resourceVersion)"
      )
    }
    if key.collection == .namespaces, settings.namespaces.contains(key.name) {
      throw RopewalkError(.resourceForbidden, "namespaces \"\(key.name)\" is forbidden: this namespace may not be deleted")
    }
  }

  private func checkAdmission(_ current: Resource, _ key: ResourceKey, _ kind: Kind, _ options: DeleteOptions) async throws {
    let request = AdmissionRequest(
      operation: .delete,
      type: kind.type,
      key: key,
      part: .main,
      object: shown(current, kind),
      old: shown(current, kind),
      subject: options.subject,
      isDryRun: options.isDryRun
    )
    let problems = try await admission.problems(request) { _ in }
    guard problems.isEmpty else { throw RopewalkError.invalid(problems, kind.type, key.name) }
  }

  /// What must happen before the object may go, beside what its own finalizers say.
  private func finalizers(for current: Resource, _ key: ResourceKey, _ options: DeleteOptions) async throws -> [String] {
    switch key.collection {
    case .namespaces: return [Self.namespaceFinalizer]
    case .customResourceDefinitions: return [KindDefinition.cleanup]
    default:
      guard options.propagation == .foreground else { return [] }
      return try await store.dependents(ofOwner: current.metadata.uid).isEmpty ? [] : [Self.foregroundFinalizer]
    }
  }

  private func emptyContainer(_ key: ResourceKey, _ marked: Resource) async throws {
    switch key.collection {
    case .namespaces: try await emptyNamespace(key.name)
    case .customResourceDefinitions: try await emptyDefinition(key, marked)
    default:
      if marked.metadata.finalizers.contains(Self.foregroundFinalizer) { try await deleteForeground(key, marked.metadata.uid) }
    }
  }

  /// Removes an object that nothing holds, and marks any other. Nil when it is not there.
  /// - Parameter adding: finalizers that the object gets first.
  func beginDeletion(_ key: ResourceKey, adding: (Resource) async throws -> [String] = { _ in [] }) async throws -> Deletion? {
    for _ in 0..<settings.maxAttempts {
      guard let current = try await store.get(key) else { return nil }
      let added = try await adding(current).filter { !current.metadata.finalizers.contains($0) }
      do {
        if current.metadata.finalizers.isEmpty, added.isEmpty {
          return .removed(try await store.remove(key, ifVersion: current.metadata.resourceVersion))
        }
        guard current.metadata.deletionTimestamp == nil || !added.isEmpty else { return .marked(current) }
        var next = current
        next.metadata.finalizers += added
        if next.metadata.deletionTimestamp == nil {
          next.metadata.deletionTimestamp = now
          next.metadata.deletionGracePeriodSeconds = 0
          if next.metadata.generation > 0 { next.metadata.generation += 1 }
        }
        if key.collection == .namespaces { next.status = ["phase": "Terminating"] }
        return .marked(try await store.write(next, at: key, expecting: .version(current.metadata.resourceVersion)))
      } catch let error as RopewalkError where error.code == .storeConflict || error.code == .storeNotFound {
        continue
      }
    }
    throw RopewalkError.changedMeanwhile(key)
  }

  /// Changes the envelope of an object without asking anybody. Removes it when its deletion waited for that alone.
  /// - Returns: the object when that removed it.
  func changeMetadata(_ key: ResourceKey, _ change: (inout ResourceMetadata) -> Void) async throws -> Resource? {
    for _ in 0..<settings.maxAttempts {
      guard let current = try await store.get(key) else { return nil }
      var next = current
      change(&next.metadata)
      do {
        if next.metadata.deletionTimestamp != nil, next.metadata.finalizers.isEmpty {
          return try await store.remove(key, ifVersion: current.metadata.resourceVersion)
        }
        guard next != current else { return nil }
        _ = try await store.write(next, at: key, expecting: .version(current.metadata.resourceVersion))
        return nil
      } catch let error as RopewalkError where error.code == .storeConflict || error.code == .storeNotFound {
        continue
      }
    }
    throw RopewalkError.changedMeanwhile(key)
  }

  private func orphanDependents(of uid: String) async throws {
    for (key, _) in try await store.dependents(ofOwner: uid) {
      _ = try await changeMetadata(key) { $0.ownerReferences.removeAll { $0.uid == uid } }
    }
  }
}
