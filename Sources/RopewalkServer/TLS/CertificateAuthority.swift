import Crypto
import FoundationEssentials
import RopewalkCore
import SwiftASN1
import X509

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// The authority of one server: signs its certificate, and those of clients.
struct CertificateAuthority {
  private static let lifetime: TimeInterval = 10 * 365 * 86_400
  /// Clocks differ a little.
  private static let margin: TimeInterval = 300

  let certificatePEM: String
  private let certificate: Certificate
  private let key: P256.Signing.PrivateKey

  /// The authority that the two files hold; makes them where there are none.
  /// - Throws: `server.tls` when the files are no certificate and key, `server.file`.
  init(certificatePath: String, keyPath: String, now: Date = Date()) throws {
    if let certificatePEM = try PrivateFile.read(certificatePath), let keyPEM = try PrivateFile.read(keyPath) {
      do {
        self.certificatePEM = certificatePEM
        certificate = try Certificate(pemEncoded: certificatePEM)
        key = try P256.Signing.PrivateKey(pemRepresentation: keyPEM)
      } catch {
        throw RopewalkError(
          .serverTLS,
          "\(certificatePath) and \(keyPath) are not a certificate and its P-256 key; remove both to get new ones",
          cause: error
        )
      }
      return
    }
    key = P256.Signing.PrivateKey()
    certificate = try Self.makeRoot(key, now)
    certificatePEM = try certificate.serializeAsPEM().pemString + "\n"
    try PrivateFile.write(key.pemRepresentation + "\n", to: keyPath)
    try PrivateFile.write(certificatePEM, to: certificatePath)
  }

  private static func makeRoot(_ key: P256.Signing.PrivateKey, _ now: Date) throws -> Certificate {
    let name = try DistinguishedName { CommonName("ropewalk-ca") }
    return try Certificate(
      version: .v3,
      serialNumber: .init(),
      publicKey: .init(key.publicKey),
      notValidBefore: now.addingTimeInterval(-margin),
      notValidAfter: now.addingTimeInterval(lifetime),
      issuer: name,
      subject: name,
      signatureAlgorithm: .ecdsaWithSHA256,
      extensions: try .init {
        Critical(BasicConstraints.isCertificateAuthority(maxPathLength: 0))
        Critical(KeyUsage(digitalSignature: true, keyCertSign: true))
        SubjectKeyIdentifier(hash: Certificate.PublicKey(key.publicKey))
      },
      issuerPrivateKey: .init(key)
    )
  }

  struct Issued {
    var certificatePEM: String
    var keyPEM: String
  }

  /// A certificate for a server that is reached by these names and addresses (`127.0.0.1`, `::1`).
  func issueServer(names: [String], lifetime: TimeInterval, now: Date = Date()) throws -> Issued {
    let subject = try DistinguishedName { CommonName(names.first ?? "localhost") }
    let alternatives = names.map { name -> GeneralName in
      Self.addressBytes(name).map { .ipAddress(ASN1OctetString(contentBytes: $0[...])) } ?? .dnsName(name)
    }
    return try issue(subject, usage: .serverAuth, alternatives: alternatives, lifetime: lifetime, now: now)
  }

  /// A certificate by which a client is known: the common name is the user, each organisation a group.
  func issueClient(user: String, groups: [String], lifetime: TimeInterval, now: Date = Date()) throws -> Issued {
    let subject = try DistinguishedName([RelativeDistinguishedName.Attribute](groups.map(Self.organization) + [Self.commonName(user)]))
    return try issue(subject, usage: .clientAuth, alternatives: [], lifetime: lifetime, now: now)
  }

  private static func commonName(_ text: String) -> RelativeDistinguishedName.Attribute {
    RelativeDistinguishedName.Attribute(type: .RDNAttributeType.commonName, utf8String: text)
  }

  private static func organization(_ text: String) -> RelativeDistinguishedName.Attribute {
    RelativeDistinguishedName.Attribute(type: .RDNAttributeType.organizationName, utf8String: text)
  }

  private func issue(
    _ subject: DistinguishedName,
    usage: ExtendedKeyUsage.Usage,
    alternatives: [GeneralName],
    lifetime: TimeInterval,
    now: Date
  ) throws -> Issued {
    let leafKey = P256.Signing.PrivateKey()
    let leaf = try Certificate(
      version: .v3,
      serialNumber: .init(),
      publicKey: .init(leafKey.publicKey),
      notValidBefore: now.addingTimeInterval(-Self.margin),
      notValidAfter: now.addingTimeInterval(lifetime),
      issuer: certificate.subject,
      subject: subject,
      signatureAlgorithm: .ecdsaWithSHA256,
      extensions: try .init {
        Critical(BasicConstraints.notCertificateAuthority)
        Critical(KeyUsage(digitalSignature: true))
        try ExtendedKeyUsage([usage])
        if !alternatives.isEmpty { SubjectAlternativeNames(alternatives) }
      },
      issuerPrivateKey: .init(key)
    )
    return Issued(certificatePEM: try leaf.serializeAsPEM().pemString + "\n", keyPEM: leafKey.pemRepresentation + "\n")
  }

  /// The bytes of an IPv4 or IPv6 address; nil for a name.
  private static func addressBytes(_ text: String) -> [UInt8]? {
    var bytes = [UInt8](repeating: 0, count: 16)
    if inet_pton(AF_INET, text, &bytes) == 1 { return Array(bytes.prefix(4)) }
    return inet_pton(AF_INET6, text, &bytes) == 1 ? bytes : nil
  }
}

extension ErrorCode {
  static let serverTLS = ErrorCode("server.tls", .invalid)
}
