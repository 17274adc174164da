package import RopewalkCore

/// Where the NATS servers are, and who we are to them.
package struct NATSOptions: Sendable {
  package enum Authentication: Sendable {
    case none
    case token(Secret)
    case user(String, password: Secret)
    /// A file with an NKey seed (`SU…`).
    case nkey(seedFile: String)
    /// A credentials file: a user's JWT and the seed that belongs to it.
    case credentials(file: String)
  }

  package struct TLS: Sendable, Equatable {
    /// PEM of the authorities that may have signed the server's certificate; nil takes the system's.
    package var authorities: String?
    /// PEM of our certificate and its key, when the server asks for one.
    package var certificate: String?
    package var key: String?

    package init(authorities: String? = nil, certificate: String? = nil, key: String? = nil) {
      self.authorities = authorities
      self.certificate = certificate
      self.key = key
    }
  }

  package struct Limits: Sendable, Equatable {
    /// For one attempt to connect. Default 5 s.
    package var connectTimeout: Duration = .seconds(5)
    /// Between two attempts to reach the same server again; there is no last attempt. Default 500 ms.
    package var reconnectWait: Duration = .milliseconds(500)
    /// How long a request waits for its answer; one that is made while no server is connected waits for that as well. Default 10 s.
    package var requestTimeout: Duration = .seconds(10)
    /// How long a published message may be unanswered until it is sent again. Default 5 s.
    package var acknowledgementWait: Duration = .seconds(5)
    /// Published messages without an answer; further ones wait. Default 8,192.
    package var maxUnacknowledged = 8192
    /// Bytes of those messages' payloads. Default 64 MiB.
    package var maxUnacknowledgedSize = ByteCount.mebibytes(64)

    package init() {}
  }

  /// `nats://host:port` or `tls://host:port`, without a user in it. Not empty.
  package var servers: [String]
  /// How the servers list this connection.
  package var name = "ropewalk"
  package var authentication: Authentication
  /// Nil speaks TLS only where a server's URL or the server itself asks for it.
  package var tls: TLS?
  package var limits: Limits

  package init(servers: [String], authentication: Authentication = .none, tls: TLS? = nil, limits: Limits = Limits()) {
    self.servers = servers
    self.authentication = authentication
    self.tls = tls
    self.limits = limits
  }
}
