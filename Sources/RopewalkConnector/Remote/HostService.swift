import GRPCCore
import GoPlugin
import Logging
import RopewalkCore
import Synchronization

/// `ropewalk.connector.v1.Host`, as one connection sees it: its own secrets, log, metrics and configuration.
final class HostService: RegistrableRPCService {
  private struct State {
    var configuration: ConnectionConfiguration?
    var filter = SecretFilter()
    var metrics: MetricBounds
    var logPace: LogPace
  }

  /// In characters.
  private static let longestLogLine = 64 << 10
  private static let mostLogFields = 64
  /// Fields or labels of one call that are decoded at all; of fewer, those that are too many are left out.
  private static let mostElements = 10_000

  private let connectionID: String
  private let services: HostServices
  private let state: Mutex<State>

  init(connectionID: String, services: HostServices, limits: RemoteLimits) {
    self.connectionID = connectionID
    self.services = services
    state = Mutex(
      State(
        metrics: MetricBounds(limits),
        logPace: LogPace(linesPerSecond: limits.logEntriesPerSecond, bytesPerSecond: limits.logBytesPerSecond)
      )
    )
  }

  /// The configuration that the connection is given, whose credentials are secrets to the log.
  func configure(_ configuration: ConnectionConfiguration) {
    state.withLock { state in
      state.configuration = configuration
      for secret in configuration.credentials.values { state.filter.insert(secret) }
    }
  }

  func registerMethods<Transport: ServerTransport>(with router: inout RPCRouter<Transport>) {
    router.registerUnary(HostMethods.getSecret) { try await self.secret($0) }
    router.registerUnary(HostMethods.log, repeated: [[4]], limit: Self.mostElements) { try await self.log($0) }
    router.registerUnary(HostMethods.recordMetric, repeated: [[5]], limit: Self.mostElements) { try self.record($0) }
    router.registerUnary(HostMethods.getConfiguration) { try self.configuration($0) }
  }

  private func check(_ id: String) throws {
    guard id == connectionID else {
      throw RPCError(code: .permissionDenied, message: "this is not the connection of which the host was told; each has its own")
    }
  }

  private func secret(_ request: WireGetSecretRequest) async throws -> WireGetSecretResponse {
    try check(request.connectionID)
    guard services.grantedSecrets.contains(request.name) else {
      throw RPCError(code: .permissionDenied, message: "the secret was not granted to this connection; name it in the plugin's grants")
    }
    let found: Secret?
    do {
      found = try await services.secret(request.name)
    } catch {
      // What the source says may name places that are not the connector's to know.
      throw RPCError(code: .unavailable, message: "the secret cannot be looked up now")
    }
    guard let secret = found else { throw RPCError(code: .notFound, message: "there is no such secret") }
    state.withLock { $0.filter.insert(secret) }
    var response = WireGetSecretResponse()
    response.value = secret.reveal()
    return response
  }

  private func log(_ request: WireLogRequest) async throws -> WireLogResponse {
    try check(request.connectionID)
    let filter = state.withLock(\.filter)
    let level: Logger.Level =
      switch request.level {
      case .info: .info
      case .warn: .warning
      case .error: .error
      case .debug, .unspecified, .UNRECOGNIZED: .debug
      }
    var fields: [String: String] = [:]
    for (name, value) in request.fields.prefix(Self.mostLogFields) {
      fields[filter(String(name.prefix(Self.longestLogLine)))] = filter(String(value.prefix(Self.longestLogLine)))
    }
    let message = filter(String(request.message.prefix(Self.longestLogLine)))
    services.log(HostServices.LogEntry(level: level, message: message, fields: fields))
    let size = fields.reduce(message.utf8.count) { $0 + $1.key.utf8.count + $1.value.utf8.count }
    let pause = state.withLock { $0.logPace.read(lines: 1, bytes: size, at: .now) }
    if let pause { try await Task.sleep(until: pause) }
    return WireLogResponse()
  }

  private func record(_ request: WireRecordMetricRequest) throws -> WireRecordMetricResponse {
    try check(request.connectionID)
    let kind: HostServices.Metric.Kind
    switch request.kind {
    case .counter: kind = .counter
    case .gauge: kind = .gauge
    case .histogram: kind = .histogram
    case .unspecified, .UNRECOGNIZED: throw RPCError(code: .invalidArgument, message: "the kind of the metric is not known")
    }
    let metric = HostServices.Metric(kind: kind, name: request.name, value: request.value, labels: request.labels)
    guard let bounded = state.withLock({ $0.metrics.bound(metric) }) else {
      throw RPCError(
        code: .invalidArgument,
        message: "the metric cannot be recorded: names have letters, digits, '_' and '.', and metrics and labels are limited in number"
      )
    }
    services.recordMetric(bounded)
    return WireRecordMetricResponse()
  }

  private func configuration(_ request: WireGetConfigurationRequest) throws -> WireGetConfigurationResponse {
    try check(request.connectionID)
    guard let configuration = state.withLock(\.configuration) else {
      throw RPCError(code: .failedPrecondition, message: "the connection has no configuration yet; it comes with Connect")
    }
    var response = WireGetConfigurationResponse()
    response.config = WireConnectionConfig(configuration)
    return response
  }
}
