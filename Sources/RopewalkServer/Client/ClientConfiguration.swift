import FoundationEssentials
import NIOSSL
import RopewalkCore
import RopewalkFunctions

/// Where a server is and how one is known to it, from a kubeconfig.
package struct ClientConfiguration: Sendable {
  /// `https://127.0.0.1:6443`
  package var server: String
  /// The namespace where a command names none.
  package var namespace: String
  var host: String
  var port: Int
  var isSecure: Bool
  var authorityPEM: String?
  var token: String?
  var certificatePEM: String?
  var keyPEM: String?

  /// Reads the current context of a kubeconfig.
  /// - Throws: `client.config` when there is no such file, or it does not say what is needed.
  package init(kubeconfig path: String) throws {
    guard let text = try PrivateFile.read(path) else {
      throw RopewalkError(.clientConfig, "there is no kubeconfig at \(path): start 'ropewalk serve', or name another with --kubeconfig")
    }
    do {
      let document = try FunctionLibrary.lookup("yaml-to-json").apply(Array(text.utf8))
      try self.init(JSON.parse(document.payload))
    } catch {
      throw RopewalkError(.clientConfig, "the kubeconfig \(path) cannot be used: \(error)")
    }
  }

  init(_ config: JSON) throws {
    let context = try Self.entry(config, "contexts", config["current-context"]?.string, "context")
    let cluster = try Self.entry(config, "clusters", context["cluster"]?.string, "cluster")
    let user = try Self.entry(config, "users", context["user"]?.string, "user")
    guard let server = cluster["server"]?.string, let place = Self.place(of: server) else {
      throw RopewalkError(.clientConfig, "the cluster has no server such as https://127.0.0.1:6443")
    }
    self.server = server
    (host, port, isSecure) = place
    namespace = context["namespace"]?.string ?? "default"
    authorityPEM = try Self.content(cluster, "certificate-authority")
    token = try user["token"]?.string ?? Self.file(user["tokenFile"])?.trimmed
    certificatePEM = try Self.content(user, "client-certificate")
    keyPEM = try Self.content(user, "client-key")
  }

  private static func entry(_ config: JSON, _ list: String, _ name: String?, _ key: String) throws -> JSON {
    guard let name, let entry = config[list]?.array?.first(where: { $0["name"]?.string == name })?[key] else {
      throw RopewalkError(.clientConfig, "there is no \(key) '\(name ?? "")' in it")
    }
    return entry
  }

  /// What a member ending in `-data` has in base64, or the file that the bare member names.
  private static func content(_ entry: JSON, _ key: String) throws -> String? {
    guard let text = entry["\(key)-data"]?.string else { return try file(entry[key]) }
    guard let data = Data(base64Encoded: text) else { throw RopewalkError(.clientConfig, "\(key)-data is not base64") }
    return String(decoding: data, as: UTF8.self)
  }

  private static func file(_ path: JSON?) throws -> String? {
    guard let path = path?.string else { return nil }
    guard let text = try PrivateFile.read(path) else { throw RopewalkError(.clientConfig, "there is no file \(path)") }
    return text
  }

  private static func place(of server: String) -> (String, Int, Bool)? {
    let isSecure = server.hasPrefix("https://")
    guard isSecure || server.hasPrefix("http://") else { return nil }
    let authority = server.dropFirst(isSecure ? 8 : 7).prefix { $0 != "/" }
    var host = authority
    var port = isSecure ? 443 : 80
    if let colon = authority.lastIndex(of: ":"), !authority.hasSuffix("]") {
      guard let number = Int(authority[authority.index(after: colon)...]), 1...65_535 ~= number else { return nil }
      port = number
      host = authority[..<colon]
    }
    if host.hasPrefix("["), host.hasSuffix("]") { host = host.dropFirst().dropLast() }
    return host.isEmpty ? nil : (String(host), port, isSecure)
  }

  var tls: NIOSSLContext? {
    get throws {
      guard isSecure else { return nil }
      var configuration = TLSConfiguration.makeClientConfiguration()
      configuration.minimumTLSVersion = .tlsv12
      configuration.applicationProtocols = ["http/1.1"]
      if let authorityPEM { configuration.trustRoots = .certificates(try NIOSSLCertificate.fromPEMBytes(Array(authorityPEM.utf8))) }
      if let certificatePEM, let keyPEM {
        configuration.certificateChain = try NIOSSLCertificate.fromPEMBytes(Array(certificatePEM.utf8)).map { .certificate($0) }
        configuration.privateKey = .privateKey(try NIOSSLPrivateKey(bytes: Array(keyPEM.utf8), format: .pem))
      }
      return try NIOSSLContext(configuration: configuration)
    }
  }
}

extension ErrorCode {
  static let clientConfig = ErrorCode("client.config", .invalid)
  static let clientUnreachable = ErrorCode("client.unreachable", .unavailable)
}
