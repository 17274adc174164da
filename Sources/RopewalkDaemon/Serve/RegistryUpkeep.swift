import Logging
import RopewalkResources
import ServiceLifecycle

/// What the registry of objects does beside its calls, until the process ends.
struct RegistryUpkeep: Service {
  let registry: ResourceRegistry
  let logger: Logger

  func run() async throws {
    try await cancelWhenGracefulShutdown {
      do {
        try await registry.run { [logger] error in
          logger.warning("The store of objects could not be tidied; it is tried again", metadata: ["error": "\(error)"])
        }
      } catch is CancellationError {}
    }
  }
}
