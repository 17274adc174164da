import Foundation
import RopewalkCore
import RopewalkPlugins
import RopewalkResources

extension ErrorCode {
  static let pluginSourceUnknown = ErrorCode("plugin.source-unknown", .notFound)
  static let pluginNotBuilt = ErrorCode("plugin.not-built", .notFound)
}

/// What a plugin command is pointed at: a project's folder with its manifest, one file of logic, or a connector's program.
struct PluginSource {
  /// Nil for a bare file.
  let manifest: PluginManifest?
  /// What can be run: a `.wasm` module, a `.ts`, `.js` or `.mjs` script, or a connector's program.
  let program: String
  let isConnector: Bool
  var isController: Bool { manifest?.contract == .controller }
  /// What a connector's command has behind its program.
  private(set) var arguments: [String] = []

  /// - Parameter isToBeBuilt: whether what a project's source is built to may be missing.
  /// - Throws: `DiagnosticsError` for a wrong manifest, `RopewalkError` for a path that is neither.
  init(path: String, isToBeBuilt: Bool = false) throws {
    var isDirectory: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) else {
      throw RopewalkError(.pluginSourceUnknown, "there is no \(path); name a plugin's folder, or a .wasm, .ts or .js file")
    }
    guard isDirectory.boolValue else {
      manifest = nil
      program = path
      isConnector = ![".wasm", ".ts", ".js", ".mjs"].contains { path.hasSuffix($0) } && FileManager.default.isExecutableFile(atPath: path)
      return
    }
    let manifest = try PluginManifestFile.read(path: path + "/ropewalk-plugin.yaml")
    self.manifest = manifest
    guard let program = manifest.artifact ?? manifest.command.first ?? manifest.source else {
      throw RopewalkError(.pluginSourceUnknown, "the manifest in \(path) names nothing to run")
    }
    if !isToBeBuilt, let artifact = manifest.artifact, !FileManager.default.fileExists(atPath: artifact) {
      throw RopewalkError(
        .pluginNotBuilt,
        "\(manifest.name) has not been built: there is no \(artifact); run 'ropewalk plugin build \(path)'"
      )
    }
    self.program = program
    arguments = Array(manifest.command.dropFirst())
    isConnector = manifest.contract == .connector
    if isConnector, let file = ["check.yaml"].map({ path + "/" + $0 }).first(where: FileManager.default.fileExists) {
      checkFile = file
    }
  }

  /// The settings that a connector's project is tried out with.
  private(set) var checkFile: String?

  /// What is run inside WebAssembly.
  /// - Throws: `RopewalkError` for what is no logic.
  var logic: String {
    get throws {
      guard !isController else {
        throw RopewalkError(.pluginSourceUnknown, "\(name) is a controller; `ropewalk plugin inspect` says what it is")
      }
      guard !isConnector else {
        throw RopewalkError(.pluginSourceUnknown, "\(name) is a connector; `ropewalk plugin check` says what it is and how it does")
      }
      return program
    }
  }

  var name: String { manifest?.name ?? URL(fileURLWithPath: program).lastPathComponent }
}
