public import RopewalkCore
public import RopewalkPlugins

/// Reads the manifests of connectors: `ropewalk-plugin.yaml` with `contract: connector`.
public enum ConnectorManifestFile {
  /// - Parameter path: the file, not the folder it lies in.
  /// - Throws: everything that is wrong in it.
  public static func read(path: String) throws(DiagnosticsError) -> ConnectorManifest {
    let findings = Findings()
    guard let text = TextFile.read(path, limit: PluginManifestFile.maxSize, findings: findings) else {
      throw DiagnosticsError(findings.sorted)
    }
    return try parse(text: text, file: path)
  }

  /// Reads the text of a manifest.
  /// - Parameter file: its path, for places in error messages and as what other paths are relative to.
  public static func parse(text: String, file: String) throws(DiagnosticsError) -> ConnectorManifest {
    let findings = Findings()
    let documents = TextFile.documents(
      in: text,
      file: file,
      limit: PluginManifestFile.maxSize,
      example: "a plugin manifest",
      findings: findings
    )
    let reader = ConnectorManifestReader(file: file)
    let manifest = documents.first.flatMap { reader.read(YAMLField(node: $0, path: "", findings: findings)) }
    for extra in documents.dropFirst() {
      findings.error(
        at: extra.mark,
        "a manifest file holds one plugin",
        remedy: "give each plugin a folder and a \(PluginManifestFile.name) of its own"
      )
    }
    guard let manifest, !findings.hasErrors else { throw DiagnosticsError(findings.sorted) }
    return manifest
  }
}

/// Reads one document into a connector's manifest.
private struct ConnectorManifestReader {
  private static let keys = ["contract", "language", "version", "source", "artifact", "command", "description"]
  private static let commandExample = "[python3, ./connector.py]"

  private enum Contract: String, CaseIterable { case connector }

  let file: String

  func read(_ document: YAMLField) -> ConnectorManifest? {
    guard let envelope = ObjectEnvelope(of: document, kind: .plugin, nameExample: "mailer"),
      let map = envelope.spec?.map(keys: Self.keys, example: "a map with contract, version and artifact")
    else { return nil }
    let contract: Contract? = map.required("contract", example: "connector")?.word("the contract of a connector")
    let version = map.required("version", example: "1.0.0").flatMap(readVersion)
    _ = map["language"]?.string("a language", example: "go")
    let command = readCommand(map)
    let description = map["description"]?.string("text", example: "sends mail") ?? ""
    guard let metadata = envelope.metadata, contract != nil, let version, let command else { return nil }
    return ConnectorManifest(name: metadata.name, version: version, command: command, description: description)
  }

  private func readVersion(_ field: YAMLField) -> SemanticVersion? {
    guard let text = field.string("a version", example: "1.0.0") else { return nil }
    if let version = SemanticVersion(parsing: text) { return version }
    field.error("\(field.node.found) is no semantic version", remedy: "write three numbers such as 1.0.0, or 1.0.0-rc.1")
    return nil
  }

  private func readCommand(_ map: YAMLMap) -> [String]? {
    switch (map["artifact"], map["command"]) {
    case (let artifact?, nil):
      return artifact.string("a path", example: "./build/connector").map { [FileContents.resolve($0, besideFile: file)] }
    case (nil, let command?):
      let words = command.list(limit: IntegrationRanges.commandWords, example: Self.commandExample)?
        .compactMap { $0.string("text", example: "./connector.py") }
      guard let words, !words.isEmpty else {
        command.mismatch(expected: "a program and its arguments", example: Self.commandExample)
        return nil
      }
      return words.map { ["./", "../"].contains(where: $0.hasPrefix) ? FileContents.resolve($0, besideFile: file) : $0 }
    case (_?, let command?):
      command.error("artifact and command cannot both be here", remedy: "keep one of them")
      return nil
    case (nil, nil):
      map.missing(
        "artifact",
        "missing: nothing says what is started",
        remedy: "add artifact: ./build/connector, or command: \(Self.commandExample)"
      )
      return nil
    }
  }
}
