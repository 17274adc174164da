package import RopewalkCore

/// What a `check.yaml` says: the settings with which a connector is checked and measured.
package struct ConnectorCheckSettings: Sendable, Equatable {
  package struct End: Sendable, Equatable {
    package var config: JSONObject
    package var peer: Peer?
  }

  /// What stands at the other side: the `type` of a connector of Ropewalk's own, or `self`.
  package struct Peer: Sendable, Equatable {
    package var type: String
    package var config: JSONObject
  }

  package var type: String?
  package var credentials: [String: String] = [:]
  package var invalid: JSONObject?
  package var incoming: End?
  package var outgoing: End?

  package init() {}
}

/// Reads `check.yaml`.
package enum ConnectorCheckFile {
  /// What the file is called, in a connector's folder.
  package static let name = "check.yaml"
  private static let maxSize = ByteCount.kibibytes(256)

  /// - Parameter values: what stands for `${NAME}` in texts.
  /// - Throws: everything that is wrong in it.
  package static func read(path: String, values: [String: String]) throws(DiagnosticsError) -> ConnectorCheckSettings {
    let findings = Findings()
    guard let text = TextFile.read(path, limit: maxSize, findings: findings) else { throw DiagnosticsError(findings.sorted) }
    let filled = values.reduce(text) { $0.replacing("${\($1.key)}", with: $1.value) }
    let documents = TextFile.documents(in: filled, file: path, limit: maxSize, example: "outgoing: and its config", findings: findings)
    let settings = documents.first.flatMap { read(YAMLField(node: $0, path: "", findings: findings)) }
    guard let settings, !findings.hasErrors else { throw DiagnosticsError(findings.sorted) }
    return settings
  }

  private static func read(_ document: YAMLField) -> ConnectorCheckSettings? {
    let example = "a map with outgoing, incoming or both"
    guard let map = document.map(keys: ["type", "credentials", "invalid", "incoming", "outgoing"], example: example) else { return nil }
    var settings = ConnectorCheckSettings()
    settings.type = map["type"]?.string("a type", example: "file")
    for (key, value) in map.strings("credentials", example: "a map of names and values") { settings.credentials[key] = value }
    settings.invalid = map["invalid"].flatMap { object($0) }
    settings.incoming = map["incoming"].flatMap { end($0, peer: "feed") }
    settings.outgoing = map["outgoing"].flatMap { end($0, peer: "sink") }
    return settings
  }

  private static func end(_ field: YAMLField, peer name: String) -> ConnectorCheckSettings.End? {
    guard let map = field.map(keys: ["config", name], example: "a map with config and \(name)") else { return nil }
    let config = map["config"].map { object($0) ?? [:] } ?? [:]
    return ConnectorCheckSettings.End(config: config, peer: map[name].flatMap(peer))
  }

  private static func peer(_ field: YAMLField) -> ConnectorCheckSettings.Peer? {
    guard let map = field.map(keys: ["type", "config"], example: "a map with type and config"),
      let type = map.required("type", example: "http")?.string("a type", example: "http, or self")
    else { return nil }
    return ConnectorCheckSettings.Peer(type: type, config: map["config"].map { object($0) ?? [:] } ?? [:])
  }

  private static func object(_ field: YAMLField) -> JSONObject? {
    guard case .object(let object) = field.node.json else {
      field.mismatch(expected: "a map", example: "{ path: ./out }")
      return nil
    }
    return object
  }
}
