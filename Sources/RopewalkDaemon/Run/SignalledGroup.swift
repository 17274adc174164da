package import Logging
package import ServiceLifecycle
import UnixSignals

/// Runs services until they end, or until the user asks: the first SIGINT or SIGTERM drains, a second one stops at once.
package struct SignalledGroup: Sendable {
  private let services: [any Service]
  private let logger: Logger
  private let onDrain: @Sendable () -> Void

  /// - Parameter onDrain: called when the first signal has come, to tell the user that a second stops at once.
  package init(services: [any Service], logger: Logger, onDrain: @escaping @Sendable () -> Void) {
    self.services = services
    self.logger = logger
    self.onDrain = onDrain
  }

  private enum End { case servicesEnded, stoppedBySignal }

  /// Returns when every service has ended.
  /// - Throws: what the first failing service threw, or `CancellationError` when a second signal stopped the drain.
  package func run() async throws {
    let configurations = services.map {
      ServiceGroupConfiguration.ServiceConfiguration(
        service: $0,
        successTerminationBehavior: .ignore,
        failureTerminationBehavior: .cancelGroup
      )
    }
    let group = ServiceGroup(configuration: ServiceGroupConfiguration(services: configurations, logger: Self.quiet(logger)))
    let signals = await UnixSignalsSequence(trapping: .sigint, .sigterm)
    try await withThrowingTaskGroup(of: End.self) { tasks in
      tasks.addTask {
        try await group.run()
        return .servicesEnded
      }
      tasks.addTask {
        var count = 0
        for await _ in signals {
          count += 1
          if count > 1 { return .stoppedBySignal }
          onDrain()
          await group.triggerGracefulShutdown()
        }
        return .stoppedBySignal
      }
      defer { tasks.cancelAll() }
      if try await tasks.next() == .stoppedBySignal { throw CancellationError() }
    }
  }

  /// The group logs each service's start and end at debug; failures are reported by whoever runs the group.
  private static func quiet(_ logger: Logger) -> Logger {
    var logger = logger
    logger.logLevel = max(logger.logLevel, .warning)
    return logger
  }
}
