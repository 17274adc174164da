public import RopewalkCore
public import RopewalkPlugins

/// Reads plugin manifests.
public enum PluginManifestFile {
  /// What the file is called, in the plugin's folder.
  public static let name = "ropewalk-plugin.yaml"
  /// The largest file that is read.
  public static let maxSize = ByteCount.kibibytes(64)

  /// Reads the manifest of a plugin.
  /// - Parameter path: the file, not the folder it lies in.
  /// - Throws: everything that is wrong in it.
  public static func read(path: String) throws(DiagnosticsError) -> PluginManifest {
    let findings = Findings()
    guard let text = TextFile.read(path, limit: maxSize, findings: findings) else { throw DiagnosticsError(findings.sorted) }
    return try parse(text: text, file: path)
  }

  /// Reads the text of a manifest.
  /// - Parameter file: its path, for places in error messages and as what other paths are relative to. The source must exist.
  public static func parse(text: String, file: String) throws(DiagnosticsError) -> PluginManifest {
    let findings = Findings()
    let documents = TextFile.documents(in: text, file: file, limit: maxSize, example: "a plugin manifest", findings: findings)
    let reader = PluginManifestReader(file: file)
    let manifest = documents.first.flatMap { reader.read(YAMLField(node: $0, path: "", findings: findings)) }
    for extra in documents.dropFirst() {
      findings.error(at: extra.mark, "a manifest file holds one plugin", remedy: "give each plugin a folder and a \(name) of its own")
    }
    guard let manifest, !findings.hasErrors else { throw DiagnosticsError(findings.sorted) }
    return manifest
  }
}
