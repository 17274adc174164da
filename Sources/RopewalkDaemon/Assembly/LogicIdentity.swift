import RopewalkCore
import RopewalkPlugins
import RopewalkResources
import RopewalkWasm

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// What a step runs, as dead letters name it, so that one knows afterwards which code it was.
struct LogicIdentity: Equatable {
  /// The built-in function, the plugin of a manifest, or the guest's file.
  var plugin: String
  /// A semantic version, or the digest of a guest's code. The version of a manifest carries the digest as its build part,
  /// `1.0.0+sha256.…`, because code is often changed without it.
  var version: String

  init(function name: String) {
    plugin = name
    version = RopewalkVersion.current
  }

  init(of step: StepSpec, in integration: Integration, digest: CodeDigest) {
    version = digest.description
    switch step.logic {
    case .function(let name): plugin = name
    case .inline:
      let file = integration.file.map(Self.lastComponent) ?? integration.metadata.name
      plugin = "\(file)#\(step.name)"
    case .file(let path):
      plugin = Self.lastComponent(of: path)
      guard let manifest = Self.manifest(of: path) else { return }
      plugin = manifest.name
      version = "\(manifest.version)+sha256.\(digest.hexadecimal)"
    }
  }

  /// The digest in a version as it is given above; nil when there is none.
  static func digest(in version: String) -> CodeDigest? {
    if let digest = CodeDigest(parsing: version) { return digest }
    guard let build = version.firstRange(of: "+sha256.") else { return nil }
    return CodeDigest(parsing: "sha256:" + version[build.upperBound...])
  }

  /// The manifest that says it is about this file: beside it, or in the folder above, where sources and built files have
  /// folders of their own. A manifest with mistakes counts as none; the plugin commands report those.
  private static func manifest(of path: String) -> PluginManifest? {
    guard let file = resolved(path) else { return nil }
    let folder = folder(of: file)
    for place in [folder, self.folder(of: folder)] {
      guard let manifest = try? PluginManifestFile.read(path: "\(place)/\(PluginManifestFile.name)") else { continue }
      if (manifest.artifact ?? manifest.source)?.isSameFile(as: file) == true { return manifest }
    }
    return nil
  }

  private static func lastComponent(of path: String) -> String {
    path.lastIndex(of: "/").map { String(path[path.index(after: $0)...]) } ?? path
  }

  private static func folder(of path: String) -> String {
    path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
  }

  fileprivate static func resolved(_ path: String) -> String? {
    guard let real = realpath(path, nil) else { return nil }
    defer { free(real) }
    return String(cString: real)
  }
}

extension String {
  fileprivate func isSameFile(as resolved: String) -> Bool { LogicIdentity.resolved(self) == resolved }
}
