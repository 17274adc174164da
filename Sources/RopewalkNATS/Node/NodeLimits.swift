package import RopewalkCore

/// The bounds of one node's part in a cluster.
package struct NodeLimits: Sendable, Equatable {
  /// Messages of one step that a node has taken and not finished. Default 1,000.
  package var window = 1000
  /// Bytes of those messages; above, no more are taken until some are finished. Default 128 MiB.
  package var windowSize = ByteCount.mebibytes(128)
  /// Messages, without their payloads, of customers who have their share of the window: as many as the window has left.
  /// With so many parked nothing more is taken. Default 20,000.
  package var maxParked = 20_000
  /// After which a message is given to another node when nothing is heard of this one. Default 30 s.
  package var acknowledgementWait: Duration = .seconds(30)
  /// How often a message is handed out, and nodes end with it, before it goes to the dead letters: one that kills each node that
  /// takes it. Default 20.
  package var maxDeliveries = 20
  /// The first of those deliveries, in which nobody writes down that it takes the message, so that what goes well costs nothing.
  var unwatchedDeliveries: Int { maxDeliveries / 4 }
  /// For how long nothing must have happened in the queue of a destination that the integration does not have, before what waits
  /// there goes to the dead letters. It is the time for a new file to reach all nodes. Default 10 min.
  package var forsakenAfter: Duration = .seconds(600)
  /// How often such queues are looked for. Default 1 min.
  package var forsakenCheck: Duration = .seconds(60)

  package init() {}
}
