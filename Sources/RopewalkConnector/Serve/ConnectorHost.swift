import GRPCCore
import GoPlugin
public import RopewalkCore
import SwiftProtobuf

/// What a connector in a process of its own may ask of its host, for one connection. Use it from
/// ``ConnectionNode/connect(_:)`` on.
public struct ConnectorHost: Sendable {
  public enum LogLevel: Sendable { case debug, info, warning, error }
  public enum MetricKind: Sendable { case counter, gauge, histogram }

  let link: HostLink?

  /// The secret of that name. Throws `unauthorized` when it was not granted to this connection.
  public func secret(named name: String) async throws(ConnectionError) -> Secret {
    var request = WireGetSecretRequest()
    request.name = name
    request.connectionID = id
    let response: WireGetSecretResponse = try await call(HostMethods.getSecret, request)
    return Secret(response.value)
  }

  /// Writes a line to the host's log, with the connection it belongs to. Put in no payload and no secret.
  public func log(_ level: LogLevel, _ message: String, fields: [String: String] = [:]) async {
    var request = WireLogRequest()
    request.connectionID = id
    request.level =
      switch level {
      case .debug: .debug
      case .info: .info
      case .warning: .warn
      case .error: .error
      }
    request.message = message
    request.fields = fields
    // A log that cannot be written is no reason to fail.
    let _: WireLogResponse? = try? await call(HostMethods.log, request)
  }

  /// Records a measurement. At most 4 labels, of at most 100 values each: what is over counts as `other`.
  public func recordMetric(_ kind: MetricKind, _ name: String, _ value: Double, labels: [String: String] = [:]) async {
    var request = WireRecordMetricRequest()
    request.connectionID = id
    request.kind =
      switch kind {
      case .counter: .counter
      case .gauge: .gauge
      case .histogram: .histogram
      }
    request.name = name
    request.value = value
    request.labels = labels
    let _: WireRecordMetricResponse? = try? await call(HostMethods.recordMetric, request)
  }

  /// The connection's configuration as the host has it.
  public func configuration() async throws(ConnectionError) -> ConnectionConfiguration {
    var request = WireGetConfigurationRequest()
    request.connectionID = id
    let response: WireGetConfigurationResponse = try await call(HostMethods.getConfiguration, request)
    return try ConnectionConfiguration(wire: response.config)
  }

  private var id: String { link?.connectionID ?? "" }

  private func call<Request: SwiftProtobuf.Message, Response: SwiftProtobuf.Message>(
    _ method: MethodDescriptor,
    _ request: Request
  ) async throws(ConnectionError) -> Response {
    guard let link else { throw ConnectionError(.unsupported, "the host offers nothing here: there is no connection yet") }
    return try await link.call(method, request)
  }
}
