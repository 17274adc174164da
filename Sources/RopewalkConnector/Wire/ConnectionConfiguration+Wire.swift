import RopewalkCore
import SwiftProtobuf

extension WireConnectionConfig {
  /// With secrets in clear: it goes to the connector and nowhere else.
  init(_ configuration: ConnectionConfiguration) {
    self.init()
    id = configuration.id
    name = configuration.name
    type = configuration.type
    settings = JSON.object(configuration.settings).text()
    credentials = configuration.credentials.mapValues { $0.reveal() }
    timeout = Google_Protobuf_Duration(configuration.timeout)
    retryPolicy = WireRetryPolicy(configuration.retryPolicy)
    incoming = configuration.ends.contains(.incoming)
    outgoing = configuration.ends.contains(.outgoing)
  }
}

extension ConnectionConfiguration {
  /// Throws `invalidConfiguration` when the settings are not a JSON object.
  init(wire: WireConnectionConfig) throws(ConnectionError) {
    let settings: JSON
    do {
      settings = try JSON.parse(wire.settings.isEmpty ? "{}" : wire.settings)
    } catch {
      throw ConnectionError(.invalidConfiguration, "the settings are \(error)")
    }
    guard let settings = settings.object else {
      throw ConnectionError(.invalidConfiguration, "the settings are \(settings.typeName) and must be a map")
    }
    var ends = ConnectionEnds()
    if wire.incoming { ends.insert(.incoming) }
    if wire.outgoing { ends.insert(.outgoing) }
    self.init(
      id: wire.id,
      name: wire.name,
      type: wire.type,
      settings: settings,
      credentials: wire.credentials.mapValues { Secret($0) },
      timeout: wire.hasTimeout ? Duration(wire: wire.timeout) : .seconds(30),
      retryPolicy: wire.hasRetryPolicy ? RetryPolicy(wire: wire.retryPolicy) : RetryPolicy(),
      ends: ends
    )
  }
}

extension WireRetryPolicy {
  init(_ policy: RetryPolicy) {
    self.init()
    maxRetries = Int32(clamping: policy.maxRetries)
    backoffMultiplier = policy.backoffMultiplier
    initialBackoff = Google_Protobuf_Duration(policy.initialBackoff)
    maxBackoff = Google_Protobuf_Duration(policy.maxBackoff)
  }
}

extension RetryPolicy {
  init(wire: WireRetryPolicy) {
    self.init()
    maxRetries = Int(wire.maxRetries)
    if wire.backoffMultiplier > 0 { backoffMultiplier = wire.backoffMultiplier }
    if wire.hasInitialBackoff { initialBackoff = Duration(wire: wire.initialBackoff) }
    if wire.hasMaxBackoff { maxBackoff = Duration(wire: wire.maxBackoff) }
  }
}

extension WireConfigProblem {
  init(_ problem: ConfigurationProblem) {
    self.init()
    path = problem.path
    message = problem.message
    remedy = problem.remedy
  }
}

extension ConfigurationProblem {
  init(wire: WireConfigProblem) {
    self.init(
      path: wire.path.prefix(100).map { String($0.prefix(1000)) },
      String(wire.message.prefix(ConnectionError.longestMessage)),
      remedy: String(wire.remedy.prefix(ConnectionError.longestMessage))
    )
  }
}
