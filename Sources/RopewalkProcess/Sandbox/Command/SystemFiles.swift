import Glibc

/// The part of this machine's files that every sandboxed process sees, read-only.
struct SystemFiles: Sendable, Hashable {
  enum Entry: Sendable, Hashable {
    case folder(String)
    /// A link such as `/bin`, and where it points.
    case link(String, to: String)
  }

  /// Programs and libraries.
  private static let folders = ["/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32"]
  /// What programs need of `/etc` to start, to check certificates and to tell the time; nothing with a secret in it.
  static let settings = [
    "/etc/ld.so.cache", "/etc/alternatives", "/etc/localtime", "/etc/timezone", "/etc/mime.types", "/etc/services",
    "/etc/protocols", "/etc/ssl/certs", "/etc/ssl/cert.pem", "/etc/ssl/openssl.cnf", "/etc/pki/tls/certs", "/etc/pki/tls/cert.pem",
    "/etc/pki/tls/openssl.cnf", "/etc/pki/ca-trust/extracted", "/etc/crypto-policies",
  ]
  /// What says how names are looked up on this machine, for processes that use its network.
  static let resolving = ["/etc/hosts", "/etc/resolv.conf", "/etc/nsswitch.conf", "/etc/host.conf", "/etc/gai.conf"]

  let entries: [Entry]

  /// As this machine has it.
  static let ofThisMachine = SystemFiles(
    entries: folders.compactMap { path in
      if let destination = FileKind.destination(ofLinkAt: path) { return .link(path, to: destination) }
      return FileKind(at: path) == .folder ? .folder(path) : nil
    }
  )

  /// Whether the file at `path` is visible without being granted.
  func contains(_ path: String) -> Bool {
    entries.contains { entry in
      switch entry {
      case .folder(let folder), .link(let folder, _): path.hasPrefix(folder + "/")
      }
    }
  }
}
