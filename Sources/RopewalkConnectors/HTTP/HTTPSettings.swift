import NIOSSL
import RopewalkConnector
import RopewalkCore

/// The settings of `http`.
struct HTTPSettings: ConnectorSettings {
  enum Authentication: Sendable {
    case bearer(Secret)
    case basic(username: String, password: Secret)
    case apiKey(header: String, value: Secret)
  }

  struct TLS: Sendable {
    var verify: Bool
    var caCertificate: String?

    /// Reads whom it trusts instead of the system's authorities; or says what is wrong with the file.
    func readAuthorities() -> (certificates: [NIOSSLCertificate]?, problem: ConfigurationProblem?) {
      do throws(SettingMistake) {
        return (try caCertificate.map(PEMFile.certificates), nil)
      } catch {
        return (nil, ConfigurationProblem(path: ["tls", "caCertificate"], error.message, remedy: error.remedy))
      }
    }
  }

  /// Headers that belong to the connection or to its message framing.
  static let ownHeaders = ["Connection", "Content-Length", "Host", "Transfer-Encoding"]

  var url: HTTPURL
  var method: String
  var headers: MessageHeaders
  var authentication: Authentication?
  var timeout: Duration?
  var maxConnections: Int
  var idleTimeout: Duration
  /// Nil when none is sent.
  var idempotencyHeader: String?
  var tls: TLS?

  init?(reading reader: inout SettingsReader) {
    let url = reader.required("url", .url, "where each message is sent, such as https://erp.example.com/orders")
    method = reader.value("method", .method, default: "POST", "the HTTP method")
    headers = reader.value("headers", .headers, default: MessageHeaders(), "headers that are sent with every message")
    for name in Self.ownHeaders where headers[name] != nil {
      reader.report("headers", "'\(name)' is set by the connector itself", remedy: "remove it")
    }
    authentication = reader.section("auth", "how the sender proves who it is: one of bearer, basic, apiKey", Self.readAuthentication)
    timeout = reader.optional(
      "timeout",
      .duration(.milliseconds(1)...(.seconds(3600))),
      "bound on one attempt, from waiting for a connection to the end of the answer; the integration's own when left out"
    )
    maxConnections = reader.value("maxConnections", .count(1...10_000), default: 64, "connections to the destination at once")
    idleTimeout = reader.value(
      "idleTimeout",
      .duration(.milliseconds(10)...(.seconds(3600))),
      default: .seconds(30),
      "how long a connection stays open without a message"
    )
    let idempotencyHeader = reader.value(
      "idempotencyHeader",
      .headerName,
      default: "Idempotency-Key",
      "the header that carries the same key at each attempt and replay of a message; off for none"
    )
    self.idempotencyHeader = idempotencyHeader == "off" ? nil : idempotencyHeader
    tls = reader.section("tls", "for https") { reader in
      TLS(
        verify: reader.value("verify", .flag, default: true, "whether the server's certificate is checked; false only for tests"),
        caCertificate: reader.optional("caCertificate", .string, "PEM file of the authorities to trust instead of the system's")
      )
    }
    guard let url else { return nil }
    self.url = url
  }

  private static func readAuthentication(_ reader: inout SettingsReader) -> Authentication? {
    let bearer = reader.optional("bearer", .secret, "a token, sent as 'Authorization: Bearer …'")
    let basic = reader.section("basic", "user name and password") { reader -> Authentication? in
      let username = reader.required("username", .string, "the user's name, without ':'")
      let password = reader.required("password", .secret, "the user's password")
      if let username, username.contains(":") { reader.report("username", "must not hold ':'") }
      guard let username, let password else { return nil }
      return .basic(username: username, password: password)
    }
    let apiKey = reader.section("apiKey", "a key in a header of its own") { reader -> Authentication? in
      let header = reader.value("header", .headerName, default: "X-API-Key", "the header's name")
      guard let value = reader.required("value", .secret, "the key") else { return nil }
      if !HTTPSyntax.isFieldValue(value.reveal()) { reader.report("value", "holds characters that a header cannot carry") }
      return .apiKey(header: header, value: value)
    }
    if let bearer, !HTTPSyntax.isFieldValue(bearer.reveal()) {
      reader.report("bearer", "holds characters that a header cannot carry", remedy: "check for a line break at its end")
    }
    let written = ["bearer", "basic", "apiKey"].filter { reader.isPresent($0) }
    if written.count != 1 {
      reader.report(
        nil,
        written.isEmpty ? "names no way to authenticate" : "names more than one way to authenticate",
        remedy: "write exactly one of bearer, basic, apiKey"
      )
    }
    return bearer.map(Authentication.bearer) ?? basic ?? apiKey
  }
}

extension SettingKind where Value == HTTPURL {
  static var url: SettingKind {
    .text(["type": "string", "format": "uri"], encode: { _ in .null }) { (text) throws(SettingMistake) in
      do throws(HTTPURL.Mistake) {
        return try HTTPURL(parsing: text)
      } catch {
        throw SettingMistake(message: error.message, remedy: error.remedy)
      }
    }
  }
}
