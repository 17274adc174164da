import RopewalkResources
import Synchronization

/// One informer for each kind, shared by all controllers that watch it.
extension ControllerManager {
  func subscribe(
    _ slot: ControllerSlot,
    _ reconciler: any Reconciler,
    _ options: ControllerOptions
  ) -> [(informer: Informer, id: Int)] {
    let collections = Set(reconciler.kinds + options.owns + options.watches.map(\.collection))
    return collections.map { collection in
      let informer = informer(for: collection)
      return (informer, informer.listen(slot.listener(for: collection, reconciler, options)))
    }
  }

  /// The informer of a kind, until ``release(_:)``.
  private func informer(for collection: ResourceCollection) -> Informer {
    let (informer, isNew) = state.withLock { state in
      let isNew = state.informers[collection] == nil
      var shared =
        state.informers[collection]
        ?? SharedInformer(informer: Informer(collection, client: noting, stopwatch: stopwatch, logger: logger))
      shared.users += 1
      state.informers[collection] = shared
      return (shared.informer, isNew)
    }
    if isNew { newJobs.yield { await informer.run() } }
    return informer
  }

  /// Stops the informers that nobody listens to any more.
  func release(_ informers: [Informer]) {
    let unused = state.withLock { state in
      informers.filter { informer in
        guard var shared = state.informers[informer.collection] else { return false }
        shared.users -= 1
        state.informers[informer.collection] = shared.users > 0 ? shared : nil
        return shared.users == 0
      }
    }
    for informer in unused { informer.stop() }
  }
}
