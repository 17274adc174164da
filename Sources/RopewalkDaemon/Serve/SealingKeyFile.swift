import RopewalkCore
import RopewalkResources

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// The key that Secrets are encrypted with: that of the secret source, else one that is made once and kept in the data folder.
enum SealingKeyFile {
  private static let name = "secrets.key"

  /// - Throws: `RopewalkError` when a key is there and cannot be used, or none can be kept.
  static func keys(in workspace: Workspace) async throws -> SealingKeys {
    if let keys = try await SealingKeys.load(from: workspace.secretSource) { return keys }
    let path = workspace.dataDirectory + "/" + name
    if try await text(workspace) == nil { try make(at: path) }
    guard let text = try await text(workspace) else {
      throw RopewalkError(.sealingKeyUnreadable, "the key of the Secrets \(path) cannot be read")
    }
    return try SealingKeys([text])
  }

  private static func text(_ workspace: Workspace) async throws -> String? {
    try await DirectorySecretSource(folder: workspace.dataDirectory).secret(named: name)?.reveal()
  }

  /// For its owner alone; whole or not at all.
  private static func make(at path: String) throws(RopewalkError) {
    let temporary = path + ".new"
    unlink(temporary)
    let file = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard file >= 0 else { throw failure(path) }
    defer { close(file) }
    let bytes = Array(SealingKeys.makeKey().reveal().utf8) + [UInt8(ascii: "\n")]
    guard write(file, bytes, bytes.count) == bytes.count, fsync(file) == 0, rename(temporary, path) == 0 else { throw failure(path) }
  }

  private static func failure(_ path: String) -> RopewalkError {
    RopewalkError(.sealingKeyUnreadable, "the key of the Secrets \(path) cannot be written: \(String(cString: strerror(errno)))")
  }
}

extension ErrorCode {
  static let sealingKeyUnreadable = ErrorCode("secret.key.unreadable", .unavailable)
}
