import NIOCore
import NIOSSL

/// The name that a TLS server must have a certificate for.
struct ServerName: Sendable {
  /// The certificate is for others.
  struct Mismatch: Error, CustomStringConvertible {
    var host: String

    var description: String { "the server's certificate is not for \(host)" }
  }

  private let host: String
  private let isAddress: Bool

  init(_ host: String) {
    self.host = host.hasSuffix(".") ? String(host.dropLast()) : host
    isAddress = (try? SocketAddress(ipAddress: host, port: 0)) != nil
  }

  /// TLS for one connection to this server.
  func makeHandler(_ context: NIOSSLContext) throws -> NIOSSLClientHandler {
    guard !isAddress, context.configuration.certificateVerification == .fullVerification else {
      return try NIOSSLClientHandler(context: context, serverHostname: isAddress ? nil : host)
    }
    // NIOSSL is content when the certificate is for the server's address, even where a name was asked for.
    return try NIOSSLClientHandler._makeSSLClientHandler(context: context, serverHostname: host) { certificate, channel in
      self.matches(certificate) ? channel.eventLoop.makeSucceededVoidFuture() : channel.eventLoop.makeFailedFuture(Mismatch(host: host))
    }
  }

  /// Whether one of the certificate's DNS names is this one. One without alternative names was matched by its common name before.
  private func matches(_ certificate: NIOSSLCertificate) -> Bool {
    let names = certificate._subjectAlternativeNames()
    return names.isEmpty || names.contains { $0.nameType == .dnsName && matches(String(decoding: $0.contents, as: UTF8.self).lowercased()) }
  }

  /// Whether a name, maybe with `*` as its first label, stands for this host (RFC 6125, 6.4.3).
  func matches(_ name: String) -> Bool {
    let name = name.hasSuffix(".") ? name.dropLast() : name[...]
    guard name.hasPrefix("*.") else { return name == host }
    guard let dot = host.firstIndex(of: "."), dot > host.startIndex else { return false }
    return host[dot...] == name.dropFirst()
  }
}
