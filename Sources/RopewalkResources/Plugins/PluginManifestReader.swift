import RopewalkCore
import RopewalkPlugins

/// Reads one document into a manifest.
struct PluginManifestReader {
  private static let keys = [
    "contract", "kind", "language", "version", "source", "artifact", "command", "capabilities", "description",
  ]
  private static let commandExample = "[python3, ./connector.py]"

  let file: String

  func read(_ document: YAMLField) -> PluginManifest? {
    guard let envelope = ObjectEnvelope(of: document, kind: .plugin, nameExample: "big-orders"),
      let map = envelope.spec?.map(keys: Self.keys, example: "a map with contract, version and what there is to run")
    else { return nil }
    let contract: PluginManifest.Contract? = map.required("contract", example: "logic")?.word("a contract that plugins can have here")
    let version = map.required("version", example: "1.0.0").flatMap(readVersion)
    let description = map["description"]?.string("text", example: "lets big orders pass") ?? ""
    let parts = contract == .connector ? readConnector(map) : readGuest(map, of: contract)
    guard let metadata = envelope.metadata, let contract, let version, var manifest = parts else { return nil }
    manifest.name = metadata.name
    manifest.contract = contract
    manifest.version = version
    manifest.description = description
    return manifest
  }

  /// What runs in WebAssembly, logic and controllers; what all plugins have is the caller's.
  private func readGuest(_ map: YAMLMap, of contract: PluginManifest.Contract?) -> PluginManifest? {
    let isController = contract == .controller
    var kind: PluginManifest.Kind?
    if isController {
      map["kind"]?.error("a controller has no kind", remedy: "remove it; its code says which kinds of objects it is for")
      map["capabilities"]?.error("a controller asks for nothing here", remedy: "remove it; its code says what it does")
    } else {
      kind = map.required("kind", example: "filter")?.word("a kind of logic")
    }
    let language = map.required("language", example: "rust").flatMap { readLanguage($0, for: contract) }
    let source = map.required("source", example: "./src").flatMap(readSource)
    let artifact = map["artifact"].flatMap(readModule)
    map["command"]?.error("what runs in WebAssembly is started by no command", remedy: "remove it")
    if let language, !language.isScript, !map.has("artifact") {
      map.missing("artifact", "missing: the language is built to WASM", remedy: "add artifact: ./build/plugin.wasm")
    }
    let capabilities = isController ? [] : StepConfig.capabilities(map["capabilities"])
    guard let language, let source, kind != nil || isController else { return nil }
    return PluginManifest(
      name: "",
      kind: kind,
      language: language,
      version: SemanticVersion(0, 0, 0),
      source: source,
      artifact: artifact,
      capabilities: capabilities
    )
  }

  /// What only a connector has: something to start, and where it is built here, its language and source.
  private func readConnector(_ map: YAMLMap) -> PluginManifest? {
    map["kind"]?.error("a connector has no kind", remedy: "remove it")
    map["capabilities"]?.error("a connector asks for nothing here", remedy: "remove it; the integration grants secrets and the network")
    let language = map["language"].flatMap { readLanguage($0, for: .connector) }
    let source = map["source"].flatMap(readSource)
    let artifact = map["artifact"].flatMap { readProgram($0, isBuilt: map.has("source")) }
    if map.has("source"), !map.has("language") {
      map.missing("language", "missing: nothing says how the source is built", remedy: "add language: go")
    }
    guard let command = readCommand(map, artifact: artifact) else { return nil }
    return PluginManifest(
      name: "",
      kind: nil,
      language: language,
      version: SemanticVersion(0, 0, 0),
      source: source,
      artifact: artifact,
      command: command
    )
  }

  private func readCommand(_ map: YAMLMap, artifact: String?) -> [String]? {
    guard let command = map["command"] else {
      if !map.has("artifact") {
        map.missing(
          "artifact",
          "missing: nothing says what is started",
          remedy: "add artifact: ./build/connector, or command: \(Self.commandExample)"
        )
      }
      return artifact.map { [$0] }
    }
    guard !map.has("artifact") else {
      command.error("artifact and command cannot both be here", remedy: "keep one of them")
      return nil
    }
    let words = command.list(limit: IntegrationRanges.commandWords, example: Self.commandExample)?
      .compactMap { $0.string("text", example: "./connector.py") }
    guard let words, !words.isEmpty else {
      command.mismatch(expected: "a program and its arguments", example: Self.commandExample)
      return nil
    }
    return words.map { ["./", "../"].contains(where: $0.hasPrefix) ? FileContents.resolve($0, besideFile: file) : $0 }
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

  private func readModule(_ field: YAMLField) -> String? {
    guard let path = path(field, example: "./build/plugin.wasm") else { return nil }
    guard path.hasSuffix(".wasm") else {
      field.error("\(field.node.found) is no WASM file", remedy: "write a path that ends in .wasm")
      return nil
    }
    return path
  }

  /// - Parameter isBuilt: whether `ropewalk plugin build` makes it, which names it itself.
  private func readProgram(_ field: YAMLField, isBuilt: Bool) -> String? {
    guard let path = path(field, example: "./build/connector") else { return nil }
    guard !isBuilt || path.hasSuffix("/connector") else {
      field.error("\(field.node.found) is not what building makes", remedy: "write a path that ends in /connector")
      return nil
    }
    return path
  }

  private func path(_ field: YAMLField, example: String) -> String? {
    field.string("a path", example: example).map { FileContents.resolve($0, besideFile: file) }
  }
}
