import HTTPTypes
import NIOCore
import NIOSSL
import RopewalkCore
import RopewalkResources
import SwiftASN1
import X509

/// Finds out who asks: by a bearer token, or by the certificate that came with the connection.
struct Authenticator: Sendable {
  var tokens: TokenFile?

  /// - Throws: 401 when nobody is known by what came with the request. A wrong token is refused even where a certificate is right.
  func subject(of headers: HTTPFields, on channel: any Channel, now: Timestamp) async throws -> Subject {
    if let authorization = headers[.authorization] {
      let parts = authorization.split(separator: " ", maxSplits: 1)
      guard parts.count == 2, parts[0].lowercased() == "bearer", let tokens else { throw StatusError.unauthorized }
      guard let subject = tokens.subject(ofToken: parts[1].trimmed, now: now) else { throw StatusError.unauthorized }
      return subject
    }
    guard let subject = try await Self.subject(ofCertificateOn: channel) else { throw StatusError.unauthorized }
    return subject
  }

  /// Nil without TLS and without a client certificate. One that is not signed by the client CA never gets here.
  private static func subject(ofCertificateOn channel: any Channel) async throws -> Subject? {
    let certificate = try? await channel.nioSSL_peerCertificate().get()
    guard let der = try certificate?.toDERBytes() else { return nil }
    return subject(of: try Certificate(derEncoded: der).subject)
  }

  /// The common name is the user, every organisation a group, as in Kubernetes.
  static func subject(of name: DistinguishedName) -> Subject? {
    var user: String?
    var groups: [String] = []
    for attribute in name.flatMap({ $0 }) {
      guard let text = String(attribute.value) else { continue }
      switch attribute.type {
      case .RDNAttributeType.commonName: user = text
      case .RDNAttributeType.organizationName: groups.append(text)
      default: break
      }
    }
    guard let user, !user.isEmpty else { return nil }
    return Subject(name: user, groups: groups + [AccessRules.authenticatedGroup])
  }
}
