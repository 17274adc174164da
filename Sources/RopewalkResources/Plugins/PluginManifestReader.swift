import RopewalkCore
import RopewalkPlugins

/// Reads one document into a manifest.
struct PluginManifestReader {
  private static let keys = ["contract", "kind", "language", "version", "source", "artifact", "capabilities", "description"]

  let file: String

  func read(_ document: YAMLField) -> PluginManifest? {
    guard let envelope = ObjectEnvelope(of: document, kind: .plugin, nameExample: "big-orders"),
      let map = envelope.spec?.map(keys: Self.keys, example: "a map with kind, language, version and source")
    else { return nil }
    let contract: PluginManifest.Contract? = map.required("contract", example: "logic")?.word("a contract that plugins can have here")
    let kind = readKind(map, of: contract)
    let language = map.required("language", example: "rust").flatMap { readLanguage($0, for: contract) }
    let version = map.required("version", example: "1.0.0").flatMap(readVersion)
    let source = map.required("source", example: "./src").flatMap(readSource)
    let artifact = map["artifact"].flatMap { readArtifact($0, of: contract) }
    if let language, !language.isScript, !map.has("artifact") {
      let example = contract == .connector ? "./build/connector" : "./build/plugin.wasm"
      map.missing("artifact", "missing: the language is built", remedy: "add artifact: \(example)")
    }
    let capabilities = StepConfig.capabilities(map["capabilities"])
    let description = map["description"]?.string("text", example: "lets big orders pass") ?? ""

    guard let metadata = envelope.metadata, let contract, kind != nil || contract == .connector, let language, let version, let source
    else { return nil }
    return PluginManifest(
      name: metadata.name,
      contract: contract,
      kind: kind,
      language: language,
      version: version,
      source: source,
      artifact: artifact,
      capabilities: capabilities,
      description: description
    )
  }

  private func readKind(_ map: YAMLMap, of contract: PluginManifest.Contract?) -> PluginManifest.Kind? {
    guard contract != .connector else {
      map["kind"]?.error("a connector has no kind", remedy: "remove it")
      return nil
    }
    return map.required("kind", example: "filter")?.word("a kind of logic")
  }

  private func readLanguage(_ field: YAMLField, for contract: PluginManifest.Contract?) -> PluginManifest.Language? {
    guard let language: PluginManifest.Language = field.word("a language") else { return nil }
    guard let contract, !contract.languages.contains(language) else { return language }
    let languages = contract.languages.map(\.rawValue).joined(separator: ", ")
    field.error("no \(contract.rawValue) is written in \(language.rawValue)", remedy: "write one of \(languages)")
    return nil
  }

  private func readVersion(_ field: YAMLField) -> SemanticVersion? {
    guard let text = field.string("a version", example: "1.0.0") else { return nil }
    if let version = SemanticVersion(parsing: text) { return version }
    field.error("\(field.node.found) is no semantic version", remedy: "write three numbers such as 1.0.0, or 1.0.0-rc.1")
    return nil
  }

  private func readSource(_ field: YAMLField) -> String? {
    guard let path = path(field, example: "./src") else { return nil }
    guard FileContents.exists(path) else {
      field.error("\(path) does not exist", remedy: "write a path relative to the folder of this file")
      return nil
    }
    return path
  }

  private func readArtifact(_ field: YAMLField, of contract: PluginManifest.Contract?) -> String? {
    let isConnector = contract == .connector
    guard let path = path(field, example: isConnector ? "./build/connector" : "./build/plugin.wasm") else { return nil }
    if isConnector, !path.hasSuffix("/connector") {
      field.error("\(field.node.found) is not what building makes", remedy: "write a path that ends in /connector")
      return nil
    }
    if !isConnector, !path.hasSuffix(".wasm") {
      field.error("\(field.node.found) is no WASM file", remedy: "write a path that ends in .wasm")
      return nil
    }
    return path
  }

  private func path(_ field: YAMLField, example: String) -> String? {
    field.string("a path", example: example).map { FileContents.resolve($0, besideFile: file) }
  }
}
