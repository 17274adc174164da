/// Where the API is served, to whom, and under which limits.
package struct APIServerSettings: Sendable {
  package enum TLS: Sendable {
    /// A CA and a certificate that the server makes itself and keeps in the data folder. The default.
    case selfMade
    /// Files in PEM; clients may show certificates that `clientAuthority` signed.
    case files(certificate: String, key: String, clientAuthority: String?)
    /// Without TLS; on loopback only.
    case off
  }

  /// An address or a name. Default 127.0.0.1.
  package var host: String
  /// 0 for any that is free. Default 6443.
  package var port: Int
  package var files: ServerFiles
  package var tls = TLS.selfMade
  /// Names and addresses by which clients reach the server, beside `localhost`, `127.0.0.1`, `::1` and `host`.
  package var names: [String] = []
  /// Further token file in the same form; nil for that of the data folder.
  package var tokenFile: String?
  package var limits = APIServerLimits()

  package init(dataFolder: String, host: String = "127.0.0.1", port: Int = 6443) {
    self.host = host
    self.port = port
    files = ServerFiles(dataFolder: dataFolder)
  }

  /// Whether only this machine can reach the server.
  var isLoopback: Bool { host == "localhost" || host == "::1" || host.hasPrefix("127.") }

  var certificateNames: [String] {
    let own = ["localhost", "127.0.0.1", "::1"]
    let host = ["0.0.0.0", "::"].contains(host) ? [] : [host]
    return own + (host + names).filter { !own.contains($0) }
  }
}
