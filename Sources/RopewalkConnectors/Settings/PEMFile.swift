import NIOSSL
import RopewalkCore

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// The PEM files that settings name.
enum PEMFile {
  /// - Throws: when the file cannot be read or holds no certificate.
  static func certificates(_ path: String) throws(SettingMistake) -> [NIOSSLCertificate] {
    try checkReadable(path)
    guard let certificates = try? NIOSSLCertificate.fromPEMFile(path), !certificates.isEmpty else {
      throw SettingMistake(message: "'\(path)' holds no certificate in PEM form", remedy: "name a file with BEGIN CERTIFICATE in it")
    }
    return certificates
  }

  /// - Throws: when the file cannot be read or holds no private key without a passphrase.
  static func privateKey(_ path: String) throws(SettingMistake) -> NIOSSLPrivateKey {
    try checkReadable(path)
    guard let key = try? NIOSSLPrivateKey(file: path, format: .pem) else {
      throw SettingMistake(
        message: "'\(path)' holds no private key in PEM form",
        remedy: "name a file with BEGIN PRIVATE KEY in it, without a passphrase"
      )
    }
    return key
  }

  private static func checkReadable(_ path: String) throws(SettingMistake) {
    guard access(path, R_OK) != 0 else { return }
    throw SettingMistake(message: "'\(path)' cannot be read: \(String(cString: strerror(errno)))", remedy: "name a readable PEM file")
  }
}
