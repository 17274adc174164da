import Foundation
import RopewalkCore
import RopewalkPlugins
import RopewalkResources

extension ErrorCode {
  static let pluginSourceUnknown = ErrorCode("plugin.source-unknown", .notFound)
}

/// What a plugin command is pointed at: a project's folder with its manifest, or one file of logic.
struct PluginSource {
  /// Nil for a bare file.
  let manifest: PluginManifest?
  /// What can be run: a `.wasm` module, or a `.ts`, `.js` or `.mjs` script.
  let logic: String

  /// - Throws: `DiagnosticsError` for a wrong manifest, `RopewalkError` for a path that is neither.
  init(path: String) throws {
    var isDirectory: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) else {
      throw RopewalkError(.pluginSourceUnknown, "there is no \(path); name a plugin's folder, or a .wasm, .ts or .js file")
    }
    guard isDirectory.boolValue else {
      manifest = nil
      logic = path
      return
    }
    let manifest = try PluginManifestFile.read(path: path + "/ropewalk-plugin.yaml")
    self.manifest = manifest
    logic = manifest.artifact ?? manifest.source
  }

  var name: String { manifest?.name ?? URL(fileURLWithPath: logic).lastPathComponent }
}
