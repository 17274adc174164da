package import RopewalkPlugins
import RopewalkWasm

/// Where the files are that start and build plugins.
package enum PluginTools {
  /// The folder of a language's starting project.
  /// - Throws: `RopewalkError` that names the places looked at, when this installation has none.
  package static func template(of contract: PluginManifest.Contract, language: String) throws -> String {
    switch contract {
    case .logic: try Toolbox.ofThisProcess.path(of: .templates) + "/\(language)"
    case .controller: try Toolbox.ofThisProcess.path(of: .templates) + "/controllers/\(language)"
    case .connector: try Toolbox.ofThisProcess.path(of: .connectorTemplates) + "/\(language)"
    }
  }

  /// The script that builds a connector: `script SOURCE FOLDER` makes `FOLDER/connector`.
  /// - Throws: as ``template(of:language:)``.
  package static func connectorBuildScript(language: String) throws -> String {
    try Toolbox.ofThisProcess.path(of: .connectorBuildScripts) + "/\(language).sh"
  }

  /// The file that tells editors what scripts find; nil for languages that are no scripts.
  /// - Throws: as ``template(of:language:)``.
  package static func typeDeclarations(for language: String) throws -> String? {
    guard ["typescript", "javascript"].contains(language) else { return nil }
    return try Toolbox.ofThisProcess.path(of: .typeDeclarations)
  }

  /// The script that compiles what runs in WebAssembly: `script SOURCE OUTPUT.wasm logic|controller`.
  /// - Throws: as ``template(of:language:)``.
  package static func buildScript(language: String) throws -> String {
    try Toolbox.ofThisProcess.path(of: .buildScripts) + "/\(language).sh"
  }
}
