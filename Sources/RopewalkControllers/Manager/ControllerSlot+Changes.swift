import Logging
import RopewalkCore
import RopewalkResources
import Synchronization

/// What is heard of objects, on its way into the queue.
extension ControllerSlot {
  /// What to do with the changes of one kind, for this controller.
  func listener(for collection: ResourceCollection, _ reconciler: any Reconciler, _ options: ControllerOptions) -> Informer.Listener {
    let isOwnKind = reconciler.kinds.contains(collection)
    let makesOwners = options.owns.contains(collection)
    let watches = options.watches.filter { $0.collection == collection }
    return { [weak self] change in
      guard let self else { return }
      let version = change.object.metadata.resourceVersion
      if isOwnKind, options.filter.allows(change) { self.heard(of: change.key, version) }
      if makesOwners {
        for owner in self.owners(of: change.object, among: reconciler.kinds) { self.heard(of: owner, version) }
      }
      for watch in watches {
        for key in watch.requests(change) { self.heard(of: key, version) }
      }
    }
  }

  private func heard(of key: ResourceKey, _ version: String) {
    let now = stopwatch.elapsed
    let delay = state.withLock { state in
      state.triggers[key] = version
      return state.loops.isEmpty ? nil : state.loops.delay(of: key, at: now)
    }
    if let delay { queue.add(key, after: delay) } else { queue.add(key) }
  }

  private func owners(of object: Resource, among kinds: [ResourceCollection]) -> [ResourceKey] {
    object.metadata.ownerReferences.compactMap { owner in
      guard owner.controller, let type = client.type(apiVersion: owner.apiVersion, kind: owner.kind), kinds.contains(type.collection)
      else { return nil }
      return ResourceKey(type.collection, namespace: type.isNamespaced ? object.metadata.namespace : "", name: owner.name)
    }
  }

  /// Whether the round that begins is one of a loop.
  func judge(_ key: ResourceKey, _ state: inout State, at now: Duration) -> LoopDetector.Verdict {
    let version = state.triggers.isEmpty ? nil : state.triggers.removeValue(forKey: key)
    let isOwn = version.map { client.log.contains($0) } ?? false
    guard isOwn || !state.loops.isEmpty else { return .fine }
    let verdict = state.loops.round(of: key, isOwn: isOwn, at: now)
    if case .found = verdict { state.metrics.loops += 1 }
    return verdict
  }

  /// Says in the log, in an event and in a condition that a controller reacts to itself.
  func tell(_ verdict: LoopDetector.Verdict, about key: ResourceKey) async {
    switch verdict {
    case .fine, .goesOn: return
    case .ended:
      await setCondition(Condition(Self.loopCondition, is: false, reason: "Ended", message: "the controller \(name) has come to rest"), key)
    case .found(let rounds):
      let text =
        "the controller \(name) wrote what it watches \(rounds) times in a row and is slowed down; "
        + "make it write only what has changed, or let it hear of changed generations only"
      logger.warning("A controller reacts to its own writes and is slowed down", metadata: ["ropewalk.object": "\(key)"])
      if let object = try? await client.get(key) { await events.record(.warning, reason: "ReconcileLoop", text, about: object, at: key) }
      await setCondition(Condition(Self.loopCondition, is: true, reason: "WritesWhatItWatches", message: text), key)
    }
  }

  /// `True` while a controller writes an object for ever.
  static let loopCondition = "ReconcileLoop"

  private func setCondition(_ condition: Condition, _ key: ResourceKey) async {
    let time = stopwatch.timestamp
    do {
      // Kinds without a status have nowhere to say it.
      guard let object = try? await client.get(key), client.type(apiVersion: object.apiVersion, kind: object.kind)?.hasStatus == true
      else { return }
      _ = try await client.modify(key, .status, options: WriteOptions()) { object in
        var status = object.status?.object ?? JSONObject()
        status.set([condition], observedGeneration: object.metadata.generation, at: time)
        object.status = .object(status)
      }
    } catch {
      logger.debug("A condition could not be written", metadata: ["ropewalk.object": "\(key)", "error": "\(error)"])
    }
  }
}
