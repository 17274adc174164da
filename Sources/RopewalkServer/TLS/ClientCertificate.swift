import FoundationEssentials
import RopewalkCore

/// A certificate by which a client is known to a server, signed by the server's own authority. It cannot be taken back.
package struct ClientCertificate: Sendable {
  /// The two files, in PEM and for their owner alone.
  package var certificate: String
  package var key: String

  /// Makes the files, and the authority where the server has not been started yet.
  /// - Parameter path: that of the files without `.crt` and `.key`.
  /// - Throws: `server.tls`, `server.file`.
  package init(user: String, groups: [String], lifetime: Duration, at path: String, by files: ServerFiles) throws {
    try PrivateFile.makeFolder(files.folder)
    let authority = try CertificateAuthority(certificatePath: files.authorityCertificate, keyPath: files.authorityKey)
    let issued = try authority.issueClient(user: user, groups: groups, lifetime: TimeInterval(lifetime.components.seconds))
    (certificate, key) = ("\(path).crt", "\(path).key")
    try PrivateFile.write(issued.keyPEM, to: key)
    try PrivateFile.write(issued.certificatePEM, to: certificate)
  }
}
