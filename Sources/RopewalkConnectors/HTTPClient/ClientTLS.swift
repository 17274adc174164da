import NIOSSL

/// TLS as our HTTP clients speak it: 1.2 and later, HTTP/1.1 only.
enum ClientTLS {
  /// - Throws: when the certificate file cannot be read or holds none.
  static func makeContext(verify: Bool = true, caCertificate: String? = nil) throws -> NIOSSLContext {
    var configuration = TLSConfiguration.makeClientConfiguration()
    configuration.minimumTLSVersion = .tlsv12
    configuration.applicationProtocols = ["http/1.1"]
    if !verify { configuration.certificateVerification = .none }
    if let caCertificate { configuration.trustRoots = .certificates(try NIOSSLCertificate.fromPEMFile(caCertificate)) }
    return try NIOSSLContext(configuration: configuration)
  }
}
