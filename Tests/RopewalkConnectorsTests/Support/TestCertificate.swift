import Foundation
import NIOSSL

/// A certificate for `localhost` and 127.0.0.1, made for one test by the `openssl` command.
struct TestCertificate {
  var certificate: String
  var key: String

  /// Makes the files in a folder of their own, which is removed after `body`. False in `isAvailable` where there is no openssl.
  static func with<Result>(_ body: (TestCertificate) async throws -> Result) async throws -> Result {
    try await TestFolder.with { folder in
      let made = TestCertificate(certificate: folder.path("certificate.pem"), key: folder.path("key.pem"))
      let process = Process()
      process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
      process.arguments = [
        "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj",
        "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", made.key, "-out", made.certificate,
      ]
      process.standardError = FileHandle.nullDevice
      try process.run()
      process.waitUntilExit()
      return try await body(made)
    }
  }

  /// A server's TLS.
  var server: NIOSSLContext {
    get throws {
      let chain = try NIOSSLCertificate.fromPEMFile(certificate).map { NIOSSLCertificateSource.certificate($0) }
      let privateKey = try NIOSSLPrivateKey(file: key, format: .pem)
      return try NIOSSLContext(configuration: .makeServerConfiguration(certificateChain: chain, privateKey: .privateKey(privateKey)))
    }
  }

  /// The TLS of a client that trusts this certificate.
  var client: NIOSSLContext {
    get throws {
      var configuration = TLSConfiguration.makeClientConfiguration()
      configuration.trustRoots = .certificates(try NIOSSLCertificate.fromPEMFile(certificate))
      return try NIOSSLContext(configuration: configuration)
    }
  }
}
