import RopewalkCore

/// The settings of `http-webhook`.
struct WebhookSettings: ConnectorSettings {
  var listen: ListenAddress
  var endpoint: EndpointPath
  var methods: [String]
  var maxBodySize: ByteCount
  /// In the order in which they count.
  var idempotencyHeaders: [String]
  var signature: SignatureSettings?
  var listener: ListenerSettings

  static let knownIdempotencyHeaders = ["Idempotency-Key", "webhook-id", "X-GitHub-Delivery"]

  init?(reading reader: inout SettingsReader) {
    listen = reader.value(
      "listen",
      .listenAddress,
      default: ListenAddress(host: "127.0.0.1", port: 8080),
      "host and port to listen on; connectors with the same one share it"
    )
    let endpoint = reader.required("endpoint", .endpointPath, "the path that takes messages, such as /hooks/:customer/orders")
    methods = reader.value("methods", .list(of: .method), default: ["POST"], "the HTTP methods that are taken")
    maxBodySize = reader.value(
      "maxBodySize",
      .size(ByteCount(0)...ByteCount.mebibytes(1024)),
      default: .mebibytes(1),
      "the largest payload"
    )
    let idempotencyHeader = reader.optional(
      "idempotencyHeader",
      .headerName,
      "the header whose value becomes the message id, so that a repeated request is taken once; "
        + "when left out, the first that is there of Idempotency-Key, webhook-id and X-GitHub-Delivery"
    )
    idempotencyHeaders = idempotencyHeader.map { [$0] } ?? Self.knownIdempotencyHeaders
    signature = reader.section("signature", "refuses requests that were not signed with the secret") { SignatureSettings(reading: &$0) }
    listener = ListenerSettings(reading: &reader)
    guard let endpoint else { return nil }
    self.endpoint = endpoint
  }
}

/// What belongs to an address that is listened on, and so must be the same for all who share it.
struct ListenerSettings: Sendable, Hashable {
  struct TLS: Sendable, Hashable {
    var certificate: String
    var key: String
  }

  var tls: TLS?
  var headerTimeout: Duration
  var bodyTimeout: Duration
  var idleTimeout: Duration
  var maxConnections: Int

  init(reading reader: inout SettingsReader) {
    let bounds: ClosedRange<Duration> = .milliseconds(1)...(.seconds(3600))
    tls = reader.section("tls", "serves https instead of http") { reader -> TLS? in
      let certificate = reader.required("certificate", .string, "PEM file of the certificate and those behind it")
      let key = reader.required("key", .string, "PEM file of the certificate's private key")
      guard let certificate, let key else { return nil }
      return TLS(certificate: certificate, key: key)
    }
    headerTimeout = reader.value("headerTimeout", .duration(bounds), default: .seconds(10), "time for a request's header to arrive")
    bodyTimeout = reader.value("bodyTimeout", .duration(bounds), default: .seconds(30), "time for a request's body to arrive")
    idleTimeout = reader.value("idleTimeout", .duration(bounds), default: .seconds(60), "how long a connection stays open between requests")
    maxConnections = reader.value("maxConnections", .count(1...100_000), default: 1024, "connections open at once; further ones get 503")
  }
}

/// How requests prove that they come from who they say.
struct SignatureSettings: Sendable {
  enum Scheme: String, CaseIterable { case standardWebhooks = "standard-webhooks", github }

  var verifier: SignatureVerifier

  init?(reading reader: inout SettingsReader) {
    let scheme = reader.required("scheme", SettingKind<Scheme>.word, "how requests are signed: standard-webhooks or github")
    let secret = reader.required("secret", .secret, "what both sides know; whsec_… for standard-webhooks")
    let tolerance = reader.value(
      "tolerance",
      .duration(.seconds(1)...(.seconds(86_400))),
      default: .seconds(300),
      "how far a signature's time may be from ours (standard-webhooks)"
    )
    guard let scheme, let secret else { return nil }
    switch scheme {
    case .github: verifier = .github(GitHubSignature(secret: secret))
    case .standardWebhooks:
      guard let signature = StandardWebhooksSignature(secret: secret, tolerance: tolerance) else {
        reader.report("secret", "is not base64", remedy: "copy it as the sender shows it: whsec_ and letters, digits, '+', '/' and '='")
        return nil
      }
      verifier = .standardWebhooks(signature)
    }
  }
}
