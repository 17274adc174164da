import RopewalkWasm

/// Where the files are that start and build plugins.
package enum PluginTools {
  /// The folder of a language's starting project.
  /// - Throws: `RopewalkError` that names the places looked at, when this installation has none.
  package static func template(language: String) throws -> String {
    try Toolbox.ofThisProcess.path(of: .templates) + "/\(language)"
  }

  /// The folder of the starting project of a connector.
  /// - Throws: as ``template(language:)``.
  package static func connectorTemplate(language: String) throws -> String {
    try Toolbox.ofThisProcess.path(of: .connectorTemplates) + "/\(language)"
  }

  /// The script that builds a connector: `script SOURCE FOLDER` makes `FOLDER/connector`.
  /// - Throws: as ``template(language:)``.
  package static func connectorBuildScript(language: String) throws -> String {
    try Toolbox.ofThisProcess.path(of: .connectorBuildScripts) + "/\(language).sh"
  }

  /// The file that tells editors what scripts find; nil for languages that are no scripts.
  /// - Throws: as ``template(language:)``.
  package static func typeDeclarations(for language: String) throws -> String? {
    guard ["typescript", "javascript"].contains(language) else { return nil }
    return try Toolbox.ofThisProcess.path(of: .typeDeclarations)
  }

  /// The script that compiles a plugin: `script SOURCE OUTPUT.wasm`.
  /// - Throws: as ``template(language:)``.
  package static func buildScript(language: String) throws -> String {
    try Toolbox.ofThisProcess.path(of: .buildScripts) + "/\(language).sh"
  }
}
