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
    let kind: PluginManifest.Kind? = map.required("kind", example: "filter")?.word("a kind of logic")
    let language: PluginManifest.Language? = map.required("language", example: "rust")?.word("a language")
    let version = map.required("version", example: "1.0.0").flatMap(readVersion)
    let source = map.required("source", example: "./src").flatMap(readSource)
    let artifact = map["artifact"].flatMap(readArtifact)
    if let language, !language.isScript, !map.has("artifact") {
      map.missing("artifact", "missing: the language is built to WASM", remedy: "add artifact: ./build/plugin.wasm")
    }
    let capabilities = StepConfig.capabilities(map["capabilities"])
    let description = map["description"]?.string("text", example: "lets big orders pass") ?? ""

    guard let metadata = envelope.metadata, let contract, let kind, let language, let version, let source else { return nil }
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

  private func readArtifact(_ field: YAMLField) -> String? {
    guard let path = path(field, example: "./build/plugin.wasm") else { return nil }
    guard path.hasSuffix(".wasm") else {
      field.error("\(field.node.found) is no WASM file", remedy: "write a path that ends in .wasm")
      return nil
    }
    return path
  }

  private func path(_ field: YAMLField, example: String) -> String? {
    field.string("a path", example: example).map { FileContents.resolve($0, besideFile: file) }
  }
}
