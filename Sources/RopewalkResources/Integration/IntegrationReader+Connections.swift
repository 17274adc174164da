import RopewalkConnector
import RopewalkCore
import RopewalkPlugins

extension IntegrationReader {
  private static let belongsToOutgoing = "only a destination has it; put it under outgoing"
  private static let incomingKeys = ["name", "type", "plugin"] + runtimeKeys + ["config"]
  private static let belongsToConfig = "did you mean config: { … } with it inside?"

  mutating func readIncoming(_ spec: YAMLMap) -> [ConnectionSpec] {
    readConnections(spec, "incoming", example: "{ type: http-webhook, config: { listen: 127.0.0.1:8080, endpoint: /orders } }") {
      reader,
      field in
      let hints = [
        "retry": Self.belongsToOutgoing, "maxInFlight": Self.belongsToOutgoing,
        "circuitBreaker": Self.belongsToOutgoing, "steps": "put them under spec.steps",
      ].merging(Self.configHints) { own, _ in own }
      let errors = field.findings.ownErrorCount
      guard let map = field.map(keys: Self.incomingKeys, hints: hints, example: "{ type: http-webhook, config: { … } }") else {
        return nil
      }
      return reader.readConnection(map, in: \.incoming, since: errors)
    }
  }

  mutating func readOutgoing(_ spec: YAMLMap) -> [DestinationSpec] {
    readConnections(spec, "outgoing", example: "{ type: http, config: { url: https://erp.example/orders } }") { reader, field in
      let keys = Self.incomingKeys + ["retry", "maxInFlight", "circuitBreaker", "steps"]
      let hints = ["timeout": "did you mean retry: { timeout: … }?"].merging(Self.configHints) { own, _ in own }
      let errors = field.findings.ownErrorCount
      guard let map = field.map(keys: keys, hints: hints, example: "{ type: http, config: { … } }") else { return nil }
      var connection = reader.readConnection(map, in: \.outgoing, since: errors)
      (connection.retryPolicy, connection.timeout) = reader.readRetry(map)
      return DestinationSpec(
        connection: connection,
        steps: reader.readStepList(map),
        maxInFlight: map.int("maxInFlight", in: IntegrationRanges.maxInFlight, default: 64),
        circuitBreaker: reader.readCircuitBreaker(map)
      )
    }
  }

  /// Settings of the connectors that come with Ropewalk, which people write one level too high.
  private static let configHints = Dictionary(
    uniqueKeysWithValues: ["listen", "endpoint", "methods", "maxBodySize", "tls", "signature", "url", "method", "headers", "auth", "path"]
      .map { ($0, belongsToConfig) }
  )

  private mutating func readConnections<Spec>(
    _ spec: YAMLMap,
    _ key: String,
    example: String,
    _ read: (inout Self, YAMLField) -> Spec?
  ) -> [Spec] {
    guard let fields = spec.required(key, example: example)?.oneOrMore(limit: IntegrationRanges.connections, example: "a list") else {
      return []
    }
    if fields.isEmpty { spec[key]?.error("the list is empty", remedy: "add - \(example)") }
    return fields.compactMap { read(&self, $0) }
  }

  /// The connection; with an empty type after reporting that there is none.
  ///
  /// It is one of the parts that can be looked at where nothing is wrong with it but its name, which its connector has no say in.
  /// - Parameter errors: how many of its own the file had before it was read.
  private mutating func readConnection(
    _ map: YAMLMap,
    in list: WritableKeyPath<IntegrationParts, [ConnectionSpec]>,
    since errors: Int
  ) -> ConnectionSpec {
    let type = map.required("type", example: "http")?.name(example: "http")
    let plugin = map["plugin"].flatMap { readPlugin($0, type: type) }
    let runtime = readRuntime(map)
    if let type, plugin == nil, !map.has("command") { checkType(type, map) }
    let settings = map["config"].map { references.filled($0) }
    _ = settings?.entries(example: "{ url: https://erp.example/orders }")
    let places =
      settings.map { SettingPlaces(of: $0) }
      ?? SettingPlaces(field: map.field.child("config", map.field.node).path, marks: [[]: map.keyMark("config") ?? map.field.mark])
    var connection = ConnectionSpec(
      name: "",
      type: type ?? "",
      plugin: plugin,
      runtime: runtime,
      settings: settings?.node.json.object ?? JSONObject(),
      credentials: readCredentials(map, runtime),
      places: places,
      ownPlaces: SettingPlaces(of: map.field)
    )
    if map.field.findings.ownErrorCount == errors { parts[keyPath: list].append(connection) }
    connection.name = readName(map, example: "orders-in")
    return connection
  }

  private func checkType(_ type: String, _ map: YAMLMap) {
    guard let connectors = context.connectors, !map.has("plugin") else { return }
    let known = connectors.flatMap(\.supportedTypes)
    if !known.contains(type) { map["type"]?.unknown("a type of connection", known: known) }
  }

  private func readPlugin(_ field: YAMLField, type: String?) -> String? {
    let example = "\(PluginReference.builtInConnectors)http@>=1.0.0,<2.0.0"
    guard let text = field.string("a plugin", example: example) else { return nil }
    if Self.isPath(text) { return text }
    do throws(PluginReference.Problem) {
      try check(PluginReference.parse(text), field, type: type)
      return text
    } catch {
      switch error {
      case .name(let name):
        field.error("\"\(name.prefix(60))\" names no plugin", remedy: "write one such as \(example), or a path such as ./connectors/http")
      case .range(let range):
        field.error(
          "\"\(range.prefix(60))\" is no range of versions",
          remedy: "write one such as @>=1.0.0,<2.0.0, @^1.2, @~1.2.3 or @1.2.3"
        )
      }
      return nil
    }
  }

  /// Whether this host has such a plugin: today those that are built in.
  private func check(_ reference: PluginReference, _ field: YAMLField, type: String?) {
    let prefix = PluginReference.builtInConnectors
    guard reference.name.hasPrefix(prefix) else {
      guard let connectors = context.connectors else { return }
      let known = connectors.flatMap(\.supportedTypes).sorted().joined(separator: ", ")
      return field.error("the plugin \(reference.name) is not installed", remedy: "built in under \(prefix) are \(known)")
    }
    let word = String(reference.name.dropFirst(prefix.count))
    if let type, word != type {
      field.error("the plugin is \(word), but the type is \(type)", remedy: "write \(prefix)\(type), or type: \(word)")
    } else if let connectors = context.connectors {
      checkVersion(reference, word, connectors, field)
    }
  }

  private func checkVersion(_ reference: PluginReference, _ type: String, _ connectors: [PluginMetadata], _ field: YAMLField) {
    guard let connector = connectors.first(where: { $0.supportedTypes.contains(type) }) else {
      return field.unknown(
        "a built-in connector",
        known: connectors.flatMap(\.supportedTypes).map { PluginReference.builtInConnectors + $0 }
      )
    }
    guard let version = SemanticVersion(parsing: connector.version), !reference.range.contains(version) else { return }
    field.error(
      "the built-in \(type) is version \(version), which is not in \(reference.range)",
      remedy: "widen the range to take in \(version)"
    )
  }

  private func readRetry(_ destination: YAMLMap) -> (RetryPolicy, timeout: Duration) {
    var policy = RetryPolicy()
    let timeout = Duration.seconds(30)
    let keys = ["maxRetries", "initialBackoff", "backoffMultiplier", "maxBackoff", "jitter", "timeout"]
    guard let map = destination["retry"]?.map(keys: keys, example: "{ maxRetries: 3, initialBackoff: 1s }") else {
      return (policy, timeout)
    }
    policy.maxRetries = map.int("maxRetries", in: IntegrationRanges.maxRetries, default: policy.maxRetries)
    policy.initialBackoff = map.duration("initialBackoff", in: IntegrationRanges.initialBackoff, default: policy.initialBackoff)
    policy.backoffMultiplier = map.double("backoffMultiplier", in: IntegrationRanges.backoffMultiplier, default: policy.backoffMultiplier)
    policy.maxBackoff = map.duration("maxBackoff", in: IntegrationRanges.maxBackoff, default: max(policy.maxBackoff, policy.initialBackoff))
    policy.jitter = map.double("jitter", in: IntegrationRanges.jitter, default: policy.jitter)
    if policy.maxBackoff < policy.initialBackoff {
      map["maxBackoff"]?.error(
        "\(policy.maxBackoff.shortText) is less than initialBackoff, \(policy.initialBackoff.shortText)",
        remedy: "raise this or lower initialBackoff"
      )
    }
    return (policy, map.duration("timeout", in: IntegrationRanges.attemptTimeout, default: timeout))
  }
}
