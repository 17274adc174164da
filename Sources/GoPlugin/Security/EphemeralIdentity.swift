import Crypto
import FoundationEssentials
import NIOSSL
import SwiftASN1
import X509

/// A key and a certificate for one run, as go-plugin's AutoMTLS has them: the certificate is its own root and goes to
/// the other side in the environment or in the handshake.
struct EphemeralIdentity: Sendable {
  let certificatePEM: String
  let certificateDER: [UInt8]
  let certificate: NIOSSLCertificate
  let privateKey: NIOSSLPrivateKey

  /// The name that the two sides call each other.
  static let hostname = "localhost"

  /// Makes a P-256 key, which Go takes and which costs a hundredth of Go's own P-521.
  init() throws {
    let key = P256.Signing.PrivateKey()
    let name = try DistinguishedName {
      CommonName(Self.hostname)
      OrganizationName("go-plugin")
    }
    let now = Date()
    let certificate = try Certificate(
      version: .v3,
      serialNumber: .init(),
      publicKey: .init(key.publicKey),
      // Both processes read one clock; the margin is for a step of it.
      notValidBefore: now.addingTimeInterval(-300),
      notValidAfter: now.addingTimeInterval(10 * 365 * 86400),
      issuer: name,
      subject: name,
      signatureAlgorithm: .ecdsaWithSHA256,
      extensions: try .init {
        Critical(BasicConstraints.isCertificateAuthority(maxPathLength: nil))
        Critical(KeyUsage(digitalSignature: true, keyEncipherment: true, keyAgreement: true, keyCertSign: true))
        try ExtendedKeyUsage([.clientAuth, .serverAuth])
        SubjectAlternativeNames([.dnsName(Self.hostname)])
      },
      issuerPrivateKey: .init(key)
    )
    let pem = try certificate.serializeAsPEM()
    certificatePEM = pem.pemString
    certificateDER = pem.derBytes
    self.certificate = try NIOSSLCertificate(bytes: pem.derBytes, format: .der)
    privateKey = try NIOSSLPrivateKey(bytes: Array(key.pemRepresentation.utf8), format: .pem)
  }
}
