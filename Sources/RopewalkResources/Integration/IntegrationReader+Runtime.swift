import RopewalkCore

/// Where a connector runs and what it is given there: `runtime`, `plugin`, `command`, `credentials`, `secrets`,
/// `environment`, `sandbox`.
extension IntegrationReader {
  static let runtimeKeys = ["runtime", "command", "credentials", "secrets", "environment", "sandbox"]
  private static let sandboxKeys = ["network", "read", "write", "memory", "cpu", "processes", "openFiles"]

  private enum RuntimeWord: String, CaseIterable { case embedded, process }

  /// Whether a plugin is named by its place on this machine, and not as one that is installed.
  static func isPath(_ plugin: String) -> Bool {
    ["./", "../", "/"].contains { plugin.hasPrefix($0) }
  }

  func readRuntime(_ map: YAMLMap) -> ConnectorRuntime {
    let program = readProgram(map)
    let word: RuntimeWord? = map["runtime"]?.word("a runtime of connectors")
    if word == .embedded, program != nil {
      map["runtime"]?.error("only built-in connectors run embedded", remedy: "write runtime: process, or leave it out")
    }
    guard word == .process || (word == nil && program != nil) else {
      for key in map.present(["secrets", "environment", "sandbox"]) {
        map[key]?.error("it means nothing to a connector that runs embedded", remedy: "add runtime: process, or remove it")
      }
      return .embedded
    }
    var spec = ConnectorProcessSpec(program: program ?? .builtIn)
    spec.secrets = readGrants(map)
    if let environment = map["environment"] {
      let filled = references.filled(environment)
      for entry in filled.entries(example: "{ TZ: Europe/Berlin }") ?? [] {
        spec.environment[entry.key] = entry.value.string("text", example: "Europe/Berlin")
      }
    }
    if let sandbox = map["sandbox"] { spec.sandbox = readSandbox(sandbox) }
    return .process(spec)
  }

  private func readProgram(_ map: YAMLMap) -> ConnectorProcessSpec.Program? {
    if let command = map["command"] {
      if let plugin = map["plugin"] {
        plugin.error("plugin and command cannot both be here", remedy: "keep one of them")
      }
      return readCommand(command)
    }
    guard let plugin = map["plugin"], case .scalar(let scalar) = plugin.node.content, Self.isPath(scalar.text) else { return nil }
    return .plugin(FileContents.resolve(scalar.text, besideFile: file))
  }

  private func readCommand(_ field: YAMLField) -> ConnectorProcessSpec.Program? {
    let example = "a list: [python3, ./connector.py]"
    guard let items = field.list(limit: IntegrationRanges.commandWords, example: example) else { return nil }
    guard !items.isEmpty else {
      field.error("the list is empty", remedy: "write \(example)")
      return nil
    }
    let words = items.compactMap { $0.string("text", example: "./connector.py") }
    guard words.count == items.count else { return nil }
    return .command(words.map { ["./", "../"].contains(where: $0.hasPrefix) ? FileContents.resolve($0, besideFile: file) : $0 })
  }

  private func readGrants(_ map: YAMLMap) -> [String] {
    let items = map["secrets"]?.list(limit: IntegrationRanges.grantedSecrets, example: "a list: [erp_token]") ?? []
    return items.compactMap { item in
      guard let name = item.string("the name of a secret", example: "erp_token") else { return nil }
      if SecretName.isValid(name) { return name }
      item.error("\(item.node.found) is no name of a secret", remedy: "write the name alone, such as erp_token")
      return nil
    }
  }

  /// What errors say of a value is never the value.
  func readCredentials(_ map: YAMLMap, _ runtime: ConnectorRuntime) -> [String: Secret] {
    guard let field = map["credentials"] else { return [:] }
    guard case .process(let process) = runtime, process.program != .builtIn else {
      field.error("built-in connectors take none", remedy: "remove it, and write ${SECRET:…} in config")
      return [:]
    }
    let filled = references.filled(field)
    guard case .map = filled.node.content else {
      Self.hiddenMismatch(filled, expected: "a map", example: "{ token: \(Self.credential) }")
      return [:]
    }
    var credentials: [String: Secret] = [:]
    for entry in filled.entries(example: "{ token: \(Self.credential) }") ?? [] {
      if case .scalar(let scalar) = entry.value.node.content, case .string(let text) = scalar.json {
        credentials[entry.key] = Secret(text)
      } else {
        Self.hiddenMismatch(entry.value, expected: "text", example: "it in quotes: \(Self.credential)")
      }
    }
    return credentials
  }

  private static let credential = "\"${SECRET:erp_token}\""

  private static func hiddenMismatch(_ field: YAMLField, expected: String, example: String) {
    if case .broken = field.node.content { return }
    field.error("expected \(expected), found something else", remedy: "write \(example)")
  }

  private func readSandbox(_ field: YAMLField) -> ConnectorSandboxSpec {
    var sandbox = ConnectorSandboxSpec()
    if case .scalar = field.node.content {
      switch field.bool() {
      case true?: break
      case false?: sandbox.isEnabled = false
      case nil: break
      }
      return sandbox
    }
    let hints = ["enabled": "write sandbox: false to run without one", "allow": "write network: { allow: [api.example.com:443] }"]
    guard let map = field.map(keys: Self.sandboxKeys, hints: hints, example: "{ network: none }, or false") else { return sandbox }
    if let network = map["network"] { sandbox.network = readNetwork(network) ?? sandbox.network }
    sandbox.readable = paths(map["read"])
    sandbox.writable = paths(map["write"])
    sandbox.memory = map["memory"]?.size(in: IntegrationRanges.sandboxMemory)
    sandbox.cpu = map["cpu"]?.double(in: IntegrationRanges.sandboxCPU)
    sandbox.processes = map["processes"]?.int(in: IntegrationRanges.sandboxProcesses)
    sandbox.openFiles = map["openFiles"]?.int(in: IntegrationRanges.sandboxOpenFiles)
    return sandbox
  }

  private enum NetworkWord: String, CaseIterable { case none, host }

  private func readNetwork(_ field: YAMLField) -> ConnectorSandboxSpec.Network? {
    guard case .map = field.node.content else {
      switch field.word("a network", of: NetworkWord.self) {
      case NetworkWord.none?: return ConnectorSandboxSpec.Network.none
      case .host?: return .host
      case nil: return nil
      }
    }
    guard let map = field.map(keys: ["allow", "listen"], example: "{ allow: [api.example.com:443] }") else { return nil }
    if map.present(["allow", "listen"]).isEmpty {
      field.error("the map is empty", remedy: "write none, or { allow: [api.example.com:443] }")
    }
    return .restricted(allow: endpoints(map["allow"]), listen: endpoints(map["listen"]))
  }

  private func endpoints(_ field: YAMLField?) -> [String] {
    let items = field?.oneOrMore(limit: IntegrationRanges.allowedHosts, example: "a list: [api.example.com:443]") ?? []
    return items.compactMap(endpoint)
  }

  /// `host:port`
  private func endpoint(_ field: YAMLField) -> String? {
    guard let text = field.string("a host and a port", example: "api.example.com:443") else { return nil }
    let colon = text.lastIndex(of: ":")
    let port = colon.flatMap { UInt16(text[text.index(after: $0)...]) } ?? 0
    if let colon, colon > text.startIndex, port > 0, !text.contains("/") { return text }
    field.error("\(field.node.found) is no host with a port", remedy: "write one such as api.example.com:443")
    return nil
  }

  private func paths(_ field: YAMLField?) -> [String] {
    let items = field?.oneOrMore(limit: IntegrationRanges.sandboxPaths, example: "a list: [./certificates]") ?? []
    return items.compactMap { item in
      item.string("a path", example: "./certificates").map { FileContents.resolve($0, besideFile: file) }
    }
  }
}
