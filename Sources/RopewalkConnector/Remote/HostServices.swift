package import Logging
package import RopewalkCore

/// What a connector in a process of its own may ask of its host.
package struct HostServices: Sendable {
  /// One line of the connector's log, with known secrets taken out.
  package struct LogEntry: Sendable, Equatable {
    package var level: Logger.Level
    package var message: String
    package var fields: [String: String]
  }

  /// One measurement of a connector. Its name and labels are of a bounded number of values.
  package struct Metric: Sendable, Equatable {
    package enum Kind: Sendable, Equatable { case counter, gauge, histogram }

    package var kind: Kind
    package var name: String
    package var value: Double
    package var labels: [String: String]
  }

  /// The names of the secrets that the connection was granted. Any other is refused before it is looked up.
  package var grantedSecrets: Set<String> = []
  /// Looks a granted secret up; nil when there is none.
  package var secret: @Sendable (_ name: String) async throws -> Secret? = { _ in nil }
  package var log: @Sendable (LogEntry) -> Void = { _ in }
  package var recordMetric: @Sendable (Metric) -> Void = { _ in }

  package init() {}

  /// Grants nothing, and writes what the connector logs to `logger`.
  package init(logger: Logger) {
    log = { entry in
      logger.log(level: entry.level, "\(entry.message)", metadata: entry.fields.mapValues { .string($0) })
    }
  }
}
