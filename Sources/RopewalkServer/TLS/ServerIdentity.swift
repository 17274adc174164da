import FoundationEssentials
import NIOSSL
import RopewalkCore
import SwiftASN1
import X509

/// What the server shows who it is, and what it holds clients' certificates against.
struct ServerIdentity {
  /// A certificate that the server made itself is made anew when it has less than this to live.
  private static let renewal: TimeInterval = 30 * 86_400
  private static let lifetime: TimeInterval = 365 * 86_400

  let configuration: TLSConfiguration
  /// For the kubeconfig: what clients hold the server against. Nil where the system's roots do.
  let authorityPEM: String?

  /// The certificate of `files`, made by its own authority when there is none, when it is about to expire or lacks one of `names`.
  static func selfMade(in files: ServerFiles, names: [String], now: Date = Date()) throws -> ServerIdentity {
    let authority = try CertificateAuthority(certificatePath: files.authorityCertificate, keyPath: files.authorityKey, now: now)
    if try !isUsable(files, names, now) {
      let issued = try authority.issueServer(names: names, lifetime: lifetime, now: now)
      try PrivateFile.write(issued.keyPEM, to: files.serverKey)
      try PrivateFile.write(issued.certificatePEM + authority.certificatePEM, to: files.serverCertificate)
      try PrivateFile.write(names.joined(separator: "\n") + "\n", to: files.serverNames)
    }
    return try ServerIdentity(
      certificatePath: files.serverCertificate,
      keyPath: files.serverKey,
      clientAuthorityPath: files.authorityCertificate,
      authorityPEM: authority.certificatePEM
    )
  }

  private static func isUsable(_ files: ServerFiles, _ names: [String], _ now: Date) throws -> Bool {
    guard let pem = try PrivateFile.read(files.serverCertificate), try PrivateFile.read(files.serverKey) != nil,
      let known = try PrivateFile.read(files.serverNames), let leaf = try? PEMDocument.parseMultiple(pemString: pem).first,
      let certificate = try? Certificate(pemDocument: leaf)
    else { return false }
    return certificate.notValidAfter > now.addingTimeInterval(renewal)
      && Set(names).isSubset(of: known.split(separator: "\n").map(String.init))
  }

  /// - Throws: `server.tls` when a file is missing or not what it should be.
  init(certificatePath: String, keyPath: String, clientAuthorityPath: String?, authorityPEM: String? = nil) throws {
    do {
      let chain = try NIOSSLCertificate.fromPEMFile(certificatePath)
      let key = try NIOSSLPrivateKey(file: keyPath, format: .pem)
      var configuration = TLSConfiguration.makeServerConfiguration(
        certificateChain: chain.map { .certificate($0) },
        privateKey: .privateKey(key)
      )
      configuration.minimumTLSVersion = .tlsv12
      configuration.applicationProtocols = ["http/1.1"]
      if let clientAuthorityPath {
        configuration.trustRoots = .certificates(try NIOSSLCertificate.fromPEMFile(clientAuthorityPath))
        configuration.certificateVerification = .optionalVerification
      }
      self.configuration = configuration
      self.authorityPEM = authorityPEM
    } catch let error as RopewalkError {
      throw error
    } catch {
      throw RopewalkError(.serverTLS, "the certificate \(certificatePath), its key \(keyPath) or the client CA cannot be used: \(error)")
    }
  }
}
