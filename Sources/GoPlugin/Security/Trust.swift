import NIOSSL

/// What secures the connections between a host and its plugin: nothing, or one identity on each side that trusts the
/// other's certificate and no other.
enum Trust: Sendable {
  case plaintext
  case mutual(own: EphemeralIdentity, peer: NIOSSLCertificate)

  /// P-521 is what Go's go-plugin makes; the default of NIOSSL leaves it out.
  private static let signatures: [SignatureAlgorithm] = [
    .ecdsaSecp256R1Sha256, .ecdsaSecp384R1Sha384, .ecdsaSecp521R1Sha512, .rsaPssRsaeSha256, .rsaPssRsaeSha384, .rsaPssRsaeSha512,
  ]

  func clientContext() throws -> NIOSSLContext? {
    guard case .mutual(let own, let peer) = self else { return nil }
    var configuration = TLSConfiguration.makeClientConfiguration()
    configuration.certificateVerification = .fullVerification
    Self.fill(&configuration, own: own, peer: peer)
    return try NIOSSLContext(configuration: configuration)
  }

  func serverContext() throws -> NIOSSLContext? {
    guard case .mutual(let own, let peer) = self else { return nil }
    var configuration = TLSConfiguration.makeServerConfiguration(
      certificateChain: [.certificate(own.certificate)],
      privateKey: .privateKey(own.privateKey)
    )
    // A server that verifies refuses a client without a certificate; a client has no host name to check.
    configuration.certificateVerification = .noHostnameVerification
    Self.fill(&configuration, own: own, peer: peer)
    return try NIOSSLContext(configuration: configuration)
  }

  private static func fill(_ configuration: inout TLSConfiguration, own: EphemeralIdentity, peer: NIOSSLCertificate) {
    configuration.minimumTLSVersion = .tlsv12
    configuration.trustRoots = .certificates([peer])
    configuration.certificateChain = [.certificate(own.certificate)]
    configuration.privateKey = .privateKey(own.privateKey)
    configuration.applicationProtocols = ["h2"]
    configuration.verifySignatureAlgorithms = signatures
  }
}
