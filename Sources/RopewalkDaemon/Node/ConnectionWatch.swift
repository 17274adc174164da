import RopewalkNATS
import ServiceLifecycle

/// Ends a node whose connection has ended for good: one that only takes messages would refuse them for ever.
struct ConnectionWatch: Service {
  let connection: NATSConnection

  func run() async throws {
    do {
      try await cancelWhenGracefulShutdown { try await connection.untilRefused() }
    } catch is CancellationError {}
  }
}
