import Hummingbird
import HummingbirdCore
import HummingbirdTLS
package import Logging
import NIOCore
import NIOSSL
import RopewalkCore
package import RopewalkResources
import ServiceLifecycle

/// The API over HTTP, in the shape of Kubernetes', so that `kubectl` works with it as it is.
///
/// `run()` ends with a graceful shutdown: no further connection is taken, watches end, requests that were begun are
/// answered. Cancelling ends it at once.
package struct APIServer: Service {
  /// What a server that listens is reached by.
  package struct Listening: Sendable {
    package var port: Int
    /// `https://127.0.0.1:6443`
    package var url: String
  }

  private let client: any ResourceClient
  private let settings: APIServerSettings
  private let authorizer: Authorizer
  private let routes: [MountedRoute]
  private let metrics: @Sendable () -> [Metric]
  private let health: [HealthCheck]
  private let audit: AuditLog?
  private let logger: Logger
  private let onListening: @Sendable (Listening) -> Void

  /// - Parameters:
  ///   - authorizer: asked about every request; the server keeps it at the stored rules.
  ///   - routes: paths beside the API.
  ///   - metrics: shown by `/metrics` beside the server's own; asked each time.
  ///   - health: what `/readyz` asks.
  ///   - audit: where writes are put on record, shared with others; nil opens `settings.files.audit`.
  ///   - onListening: called once, when requests are taken and the kubeconfig is written.
  package init(
    client: any ResourceClient,
    settings: APIServerSettings,
    authorizer: Authorizer,
    routes: [MountedRoute] = [],
    metrics: @escaping @Sendable () -> [Metric] = { [] },
    health: [HealthCheck] = [],
    audit: AuditLog? = nil,
    logger: Logger,
    onListening: @escaping @Sendable (Listening) -> Void = { _ in }
  ) {
    self.client = client
    self.settings = settings
    self.authorizer = authorizer
    self.routes = routes
    self.metrics = metrics
    self.health = health
    self.audit = audit
    self.logger = logger
    self.onListening = onListening
  }

  /// - Throws: `server.tls`, `server.file`, `server.insecure`, `audit.unavailable`, or why the address cannot be listened on.
  package func run() async throws {
    try PrivateFile.makeFolder(settings.files.folder)
    let tokens = TokenFile(path: settings.tokenFile ?? settings.files.tokens)
    let audit = try audit ?? AuditLog(path: settings.files.audit)
    let identity = try self.identity()
    let adminToken = try AdminCredentials.token(settings.files, tokens, now: .now)
    try await DefaultRoles.make(with: client)

    let application = Application(
      responder: responder(tokens, audit),
      server: try builder(identity),
      configuration: ApplicationConfiguration(
        address: .hostname(settings.host, port: settings.port),
        availableConnectionsDelegate: .maximum(settings.limits.connections, logger: logger)
      ),
      services: [AccessRulesFollower(client: client, authorizer: authorizer, logger: logger)],
      onServerRunning: { channel in started(channel, identity, adminToken) },
      logger: logger
    )
    try await application.run()
  }

  private func identity() throws -> ServerIdentity? {
    switch settings.tls {
    case .selfMade: return try .selfMade(in: settings.files, names: settings.certificateNames)
    case .files(let certificate, let key, let clientAuthority):
      return try ServerIdentity(certificatePath: certificate, keyPath: key, clientAuthorityPath: clientAuthority)
    case .off:
      guard settings.isLoopback else {
        throw RopewalkError(
          .serverInsecure,
          "without TLS tokens could be read on the way: listen on 127.0.0.1 only, or leave TLS on"
        )
      }
      return nil
    }
  }

  private func builder(_ identity: ServerIdentity?) throws -> HTTPServerBuilder {
    let limits = settings.limits
    let http = HTTPServerBuilder.http1(
      configuration: HTTP1Channel.Configuration(
        idleTimeout: TimeAmount(limits.idleTime),
        httpDecoderConfiguration: HTTP1Channel.Configuration.DecoderConfiguration(
          maxHeaderFieldSize: limits.headerSize.bytes,
          maxHeaderListSize: limits.headerSize.bytes
        )
      )
    )
    return try identity.map { try .tls(http, tlsConfiguration: $0.configuration) } ?? http
  }

  private func responder(_ tokens: TokenFile, _ audit: AuditLog) -> APIResponder {
    let limits = settings.limits
    let watches = WatchCount(limit: limits.watches)
    let counts = RequestCounts()
    let own = [
      Metric("ropewalk_api_watches", .gauge, help: "Watches that are open.") { [Metric.Sample(Double(watches.current))] }
    ]
    let (all, others) = (counts.metrics + own, metrics)
    let metricsRoute = MountedRoute("/metrics", access: .authorized) { _ in
      MountedRoute.Answer(contentType: "text/plain; version=0.0.4; charset=utf-8", body: Array(Metric.text(of: all + others()).utf8))
    }
    let handler = APIHandler(
      client: client,
      authenticator: Authenticator(tokens: tokens),
      authorizer: authorizer,
      audit: audit,
      objects: ObjectHandler(client: client, authorizer: authorizer, limits: limits),
      routes: routes + [metricsRoute],
      health: health,
      limits: limits,
      logger: logger
    )
    return APIResponder(handler: handler, watches: watches, counts: counts, limits: limits)
  }

  private func started(_ channel: any Channel, _ identity: ServerIdentity?, _ adminToken: String) {
    let port = channel.localAddress?.port ?? settings.port
    let host = ["0.0.0.0", "::"].contains(settings.host) ? "127.0.0.1" : settings.host
    let authority = host.contains(":") ? "[\(host)]" : host
    let url = "\(identity == nil ? "http" : "https")://\(authority):\(port)"
    let config = Kubeconfig(server: url, authorityPEM: identity?.authorityPEM, token: adminToken)
    do {
      try PrivateFile.write(config.text, to: settings.files.kubeconfig)
    } catch {
      logger.error("the kubeconfig is not written", metadata: ["error": "\(error)"])
    }
    onListening(Listening(port: port, url: url))
  }
}

extension ErrorCode {
  static let serverInsecure = ErrorCode("server.insecure", .invalid)
}
