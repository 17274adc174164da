import NIOSSL

/// TLS as our HTTP clients speak it: 1.2 and later, HTTP/1.1 only.
enum ClientTLS {
  /// - Parameter authorities: those to trust; nil trusts the system's.
  static func makeContext(verify: Bool = true, authorities: [NIOSSLCertificate]? = nil) throws -> NIOSSLContext {
    var configuration = TLSConfiguration.makeClientConfiguration()
    configuration.minimumTLSVersion = .tlsv12
    configuration.applicationProtocols = ["http/1.1"]
    if !verify { configuration.certificateVerification = .none }
    if let authorities { configuration.trustRoots = .certificates(authorities) }
    return try NIOSSLContext(configuration: configuration)
  }
}
