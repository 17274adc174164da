public import RopewalkCore

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Secrets from a folder with one file each, the file's name being the secret's, as Kubernetes mounts them.
///
/// A file's last line break is not part of the secret. Files are read anew each time, so that Kubernetes' way of
/// changing all of them at once (the link `..data`) is followed.
public struct DirectorySecretSource: SecretSource {
  /// Kubernetes' own bound on a Secret.
  public static let maxSize = ByteCount.mebibytes(1)

  private let folder: String

  public init(folder: String) {
    self.folder = folder
  }

  /// The file's contents; nil when there is no such file.
  /// - Throws: ``ErrorCode/secretName`` for a name that no secret can have (one with a path in it, for example);
  ///   ``ErrorCode/secretUnreadable`` when the folder is missing, or the file cannot be read, is no file, is larger than
  ///   ``maxSize`` or is not UTF-8.
  public func secret(named name: String) async throws -> Secret? {
    try SecretName.check(name)
    let contents: FileContents
    do throws(FileProblem) {
      contents = try FileContents(ofFile: path(of: name), limit: Self.maxSize)
    } catch {
      if error.kind == .absent, access(folder, F_OK) == 0 { return nil }
      throw RopewalkError(
        .secretUnreadable,
        error.kind == .absent ? "the folder of secrets \(folder) does not exist" : "\(path(of: name)) \(error)"
      )
    }
    var bytes = contents.bytes[...]
    if bytes.last == UInt8(ascii: "\n") { bytes.removeLast() }
    if bytes.last == UInt8(ascii: "\r") { bytes.removeLast() }
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw RopewalkError(.secretUnreadable, "\(path(of: name)) is not UTF-8 text")
    }
    return Secret(text)
  }

  public func place(ofSecretNamed name: String) -> String {
    "the file \(path(of: name))"
  }

  /// Why no secret can be read from the folder; nil when nothing is in the way.
  public func problem() -> String? {
    guard access(folder, F_OK) == 0 else { return "the folder of secrets \(folder) does not exist" }
    return FileContents.names(inFolder: folder) == nil ? "the folder of secrets \(folder) is none that can be read" : nil
  }

  /// A warning for each file that every user of the machine may read. Folders that Kubernetes mounted give none: they
  /// are world-readable by design and only the pod sees them.
  public func permissionWarnings() -> [Diagnostic] {
    guard access("\(folder)/..data", F_OK) != 0 else { return [] }
    return fileNames().sorted().compactMap { name in
      guard let contents = try? FileContents(ofFile: path(of: name), limit: Self.maxSize), contents.isWorldReadable else { return nil }
      return Diagnostic(.warning, "\(path(of: name)) can be read by every user of this machine", remedy: "chmod 600 \(path(of: name))")
    }
  }

  private func path(of name: String) -> String { "\(folder)/\(name)" }

  private func fileNames() -> [String] {
    (FileContents.names(inFolder: folder) ?? []).filter(SecretName.isValid)
  }
}
