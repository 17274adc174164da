package import RopewalkResources

/// How a controller is run.
package struct ControllerOptions: Sendable {
  /// Objects reconciled at once. Default 1.
  package var maxConcurrentReconciles = 1
  /// Which changes of the controller's own kinds it hears of. Default all.
  package var filter = EventFilter.everything
  /// Kinds whose objects it makes: a change of one is a change of the object that owns it.
  package var owns: [ResourceCollection] = []
  /// Kinds that its objects depend on in other ways.
  package var watches: [WatchedKind] = []
  /// How often every object is looked at although nothing happened; nil for never. Default 1 h.
  package var resyncPeriod: Duration? = .seconds(3600)
  package var queue = QueueLimits()
  /// After this time, a reconciliation that goes on makes the controller unhealthy. Default 1 min.
  package var stuckAfter: Duration = .seconds(60)

  package init() {}
}

/// A kind whose changes concern other objects.
package struct WatchedKind: Sendable {
  package var collection: ResourceCollection
  /// The objects that a change concerns; must not block.
  package var requests: @Sendable (ObjectChange) -> [ResourceKey]

  package init(_ collection: ResourceCollection, requests: @escaping @Sendable (ObjectChange) -> [ResourceKey]) {
    self.collection = collection
    self.requests = requests
  }
}

/// The bounds of a ``ControllerManager``.
package struct ManagerLimits: Sendable, Equatable {
  /// Controllers at once. Default 2,000.
  package var maxControllers = 2000
  /// How long the end of the manager waits for reconciliations, and a swap for those of the old controller. Default 30 s.
  package var drainTimeout: Duration = .seconds(30)

  package init() {}
}
