package import RopewalkCore

/// Limits of the client.
package struct ResourceRegistrySettings: Sendable {
  /// How many lists and maps of an object may lie in one another: 256. Text that is read may have twice as many, so that
  /// there is room for what is kept beside an object, such as who wrote which field.
  package static let maxNesting = 256

  /// The largest object, in the bytes of its JSON; default 1.5 MiB, the limit of etcd.
  package var maxObjectSize: ByteCount
  /// How often a write is tried again when others write the same object. Default 100.
  package var maxAttempts: Int
  /// Objects that are read at once where all are looked at. Default 500.
  package var pageSize: Int
  /// How long an event is kept after it happened last. Default 1 hour, that of Kubernetes.
  package var eventRetention: Duration
  /// How often ``ResourceRegistry/run(reporting:)`` looks for what a crash or another process has left. Default 5 minutes.
  package var sweepInterval: Duration
  /// Whether a namespace must be made before there can be objects in it. Default true, as in Kubernetes.
  package var requiresNamespaces: Bool
  /// Namespaces that are made when the store is opened. Default `default`.
  package var namespaces: [String]

  package init(
    maxObjectSize: ByteCount = .kibibytes(1536),
    maxAttempts: Int = 100,
    pageSize: Int = 500,
    eventRetention: Duration = .seconds(3600),
    sweepInterval: Duration = .seconds(300),
    requiresNamespaces: Bool = true,
    namespaces: [String] = ["default"]
  ) {
    self.maxObjectSize = maxObjectSize
    self.maxAttempts = maxAttempts
    self.pageSize = pageSize
    self.eventRetention = eventRetention
    self.sweepInterval = sweepInterval
    self.requiresNamespaces = requiresNamespaces
    self.namespaces = namespaces
  }
}
