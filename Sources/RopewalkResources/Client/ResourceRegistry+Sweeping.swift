import RopewalkCore

/// What is done beside the calls: following other processes, and finishing what a crash interrupted.
extension ResourceRegistry {
  /// Runs until the task is cancelled. One process of those that share a store is enough; several do no harm.
  /// - Parameter report: hears of what failed; it is tried again in the next round.
  package func run(reporting report: @escaping @Sendable (any Error) -> Void) async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask {
        while true {
          do { try await self.followDefinitions() } catch let error as RopewalkError {
            report(error)
            try await self.stopwatch.sleepAside(for: .seconds(1))
          }
        }
      }
      group.addTask {
        while true {
          do { try await self.sweep() } catch let error as RopewalkError { report(error) }
          try await self.stopwatch.sleepAside(for: self.settings.sweepInterval)
        }
      }
      defer { group.cancelAll() }
      do { try await group.next() } catch is CancellationError {}
    }
  }

  /// Looks at every object once: ends deletions that were begun, deletes what has lost its owners, and events that are old.
  package func sweep() async throws {
    try await forEachObject(of: .namespaces) { key, resource in
      if resource.metadata.deletionTimestamp != nil { try await emptyNamespace(key.name) }
    }
    try await forEachObject(of: .customResourceDefinitions) { key, resource in
      if resource.metadata.deletionTimestamp != nil { try await emptyDefinition(key, resource) }
    }
    var alive: Set<String> = []
    for collection in Set(types.map(\.collection)) where collection != .namespaces && collection != .customResourceDefinitions {
      try await forEachObject(of: collection) { key, resource in
        if try await hasLostItsNamespace(key, &alive) { _ = try await beginDeletion(key) } else { try await sweep(key, resource) }
      }
    }
  }

  /// Whether a crash left the object between its writing and a look at its namespace, which had just ended.
  private func hasLostItsNamespace(_ key: ResourceKey, _ alive: inout Set<String>) async throws -> Bool {
    guard !key.namespace.isEmpty, settings.requiresNamespaces, !alive.contains(key.namespace) else { return false }
    guard try await store.get(ResourceKey(.namespaces, name: key.namespace)) != nil else { return true }
    alive.insert(key.namespace)
    return false
  }

  private func sweep(_ key: ResourceKey, _ resource: Resource) async throws {
    if key.collection == .events, isOld(resource) {
      _ = try await beginDeletion(key)
    } else if resource.metadata.deletionTimestamp != nil, resource.metadata.finalizers.contains(Self.foregroundFinalizer) {
      try await deleteForeground(key, resource.metadata.uid)
    } else if !resource.metadata.ownerReferences.isEmpty {
      for owner in resource.metadata.ownerReferences {
        if try await mayExist(owner, namespace: key.namespace) { return }
      }
      guard case .removed(let removed) = try await beginDeletion(key) else { return }
      try await cascade(from: [(key, removed)])
    }
  }

  private func isOld(_ event: Resource) -> Bool {
    let last = event.fields["lastTimestamp"]?.string.flatMap { Timestamp(rfc3339: $0) }
    guard let time = last ?? event.metadata.creationTimestamp else { return false }
    // Not the time advanced: it may be any.
    return time < now.advanced(by: .zero - settings.eventRetention)
  }

  /// Encrypts every Secret with the key to write with, after that key has changed. Returns how many it were; afterwards
  /// the old keys are not needed any more.
  package func sealSecretsAnew() async throws -> Int {
    guard let sealing else { return 0 }
    var count = 0
    try await forEachObject(of: .secrets) { key, _ in
      for _ in 0..<settings.maxAttempts {
        guard let current = try await store.get(key), let next = try SealedSecret.sealedAnew(current, with: sealing) else { return }
        do {
          _ = try await store.write(next, at: key, expecting: .version(current.metadata.resourceVersion))
          count += 1
          return
        } catch let error as RopewalkError where error.code == .storeConflict || error.code == .storeNotFound {
          continue
        }
      }
      throw RopewalkError.changedMeanwhile(key)
    }
    return count
  }
}
