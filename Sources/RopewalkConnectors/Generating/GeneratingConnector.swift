import Logging
import RopewalkConnector
import RopewalkCore
import Synchronization

/// `timer` and `generate`, incoming: messages out of nothing, for schedules, tests and benchmarks.
final class GeneratingConnector<Settings: GeneratorSettings>: ConnectionNode {
  private let logger: Logger
  private let generator = Mutex<MessageGenerator?>(nil)

  init(logger: Logger) {
    self.logger = logger
  }

  var metadata: PluginMetadata { Settings.information }

  func validate(_ configuration: ConnectionConfiguration) async -> [ConfigurationProblem] {
    Settings.read(configuration.settings).problems
  }

  func connect(_ configuration: ConnectionConfiguration) async throws(ConnectionError) {
    let made = try Settings.require(configuration).generator(source: configuration.name)
    generator.withLock { $0 = $0 ?? made }
  }

  func disconnect() async {
    generator.withLock { $0 = nil }
  }

  func receive(into inbox: Inbox) async throws(ConnectionError) {
    guard let generator = generator.withLock({ $0 }) else {
      throw ConnectionError(.receiveFailed, "the connector '\(metadata.name)' is not connected")
    }
    try await generator.run(into: PatientInbox(inbox: inbox, logger: logger))
  }

  func health() async -> ConnectionHealth {
    generator.withLock { $0 == nil } ? .unhealthy(reason: "not connected") : .healthy
  }
}

/// Settings that say which messages to make.
protocol GeneratorSettings: ConnectorSettings {
  static var information: PluginMetadata { get }

  func generator(source: String) -> MessageGenerator
}

extension TimerSettings: GeneratorSettings {
  static var information: PluginMetadata {
    PluginMetadata(
      id: "dev.ropewalk.timer",
      name: "timer",
      supportedTypes: ["timer"],
      description: "Makes a message at regular intervals",
      documentation: "docs/guide/connectors.md#timer",
      configSchema: schema
    )
  }

  func generator(source: String) -> MessageGenerator {
    MessageGenerator(
      pace: .interval(interval, immediate: immediate),
      count: count,
      payload: payload,
      contentType: contentType,
      customers: 1,
      customerHeader: nil,
      parallel: 1,
      source: source
    )
  }
}

extension GenerateSettings: GeneratorSettings {
  static var information: PluginMetadata {
    PluginMetadata(
      id: "dev.ropewalk.generate",
      name: "generate",
      supportedTypes: ["generate"],
      description: "Makes a number of messages, for tests and benchmarks",
      documentation: "docs/guide/connectors.md#generate",
      configSchema: schema
    )
  }

  func generator(source: String) -> MessageGenerator {
    MessageGenerator(
      pace: rate.map(MessageGenerator.Pace.rate) ?? .unbounded,
      count: count,
      payload: payload,
      contentType: contentType,
      customers: customers,
      customerHeader: customerHeader,
      parallel: parallel,
      source: source
    )
  }
}
