import CNATS
import RopewalkCore

extension natsStatus {
  /// The library's words for it.
  var text: String { natsStatus_GetText(self).map { String(cString: $0) } ?? "status \(rawValue)" }

  /// - Throws: `nats.failed` with what was tried, unless it went well.
  func check(_ what: @autoclosure () -> String) throws(RopewalkError) {
    switch self {
    case NATS_OK: return
    case NATS_CONNECTION_CLOSED:
      throw RopewalkError(.natsClosed, "\(what()): the connection to NATS is closed")
    case NATS_MAX_PAYLOAD:
      throw RopewalkError(.natsFailed, "\(what()): larger than the server takes; raise max_payload in its configuration")
    default:
      throw RopewalkError(.natsFailed, "\(what()): \(text)")
    }
  }

  /// Why no connection could be made, and what helps.
  func connectFailure(_ options: NATSOptions, detail: String) -> RopewalkError {
    let servers = options.servers.joined(separator: ", ")
    let because = detail.isEmpty || detail == text ? text : "\(text): \(detail)"
    switch self {
    case NATS_CONNECTION_AUTH_FAILED, NATS_NOT_PERMITTED:
      return RopewalkError(
        .natsDenied,
        "NATS at \(servers) does not let us in (\(options.authentication.words)): \(because); \(options.authentication.remedy)"
      )
    case NATS_SSL_ERROR:
      return RopewalkError(
        .natsTLS,
        "no TLS connection to NATS at \(servers): \(because); check the CA file, the certificate and the server's name in it"
      )
    case NATS_SECURE_CONNECTION_REQUIRED:
      return RopewalkError(
        .natsTLS,
        "NATS at \(servers) asks for TLS; use a tls:// URL, and name the CA file if its certificate is signed by your own"
      )
    case NATS_SECURE_CONNECTION_WANTED:
      return RopewalkError(.natsTLS, "NATS at \(servers) speaks no TLS; use a nats:// URL, or set tls in the server's configuration")
    default:
      return RopewalkError(
        .natsUnreachable,
        "NATS at \(servers) cannot be reached: \(because); check that nats-server runs there and that nothing stands in the way"
      )
    }
  }
}

extension NATSOptions.Authentication {
  fileprivate var words: String {
    switch self {
    case .none: "without credentials"
    case .token: "with a token"
    case .user(let name, _): "as user '\(name)'"
    case .nkey(let file): "with the NKey in \(file)"
    case .credentials(let file): "with the credentials in \(file)"
    }
  }

  fileprivate var remedy: String {
    switch self {
    case .none: "name a credentials file, an NKey, a token or a user"
    case .token, .user: "check them against the server's authorization"
    case .nkey: "check that the server's configuration lists its public key"
    case .credentials: "check that the file has not expired and belongs to this server's operator"
    }
  }
}
