import RopewalkConnector
import RopewalkCore

/// What a connector can be told. `init` declares every key once; validation, defaults and the JSON Schema follow from it.
protocol ConnectorSettings: Sendable {
  /// Nil when a problem leaves no usable value; every key must have been declared by then.
  init?(reading reader: inout SettingsReader)
}

extension ConnectorSettings {
  /// The settings, and everything that is wrong with them. Usable only when there are no problems.
  static func read(_ object: JSONObject) -> (settings: Self?, problems: [ConfigurationProblem]) {
    var reader = SettingsReader(object)
    let settings = Self(reading: &reader)
    return (settings, reader.finish())
  }

  /// The settings of a configuration.
  /// - Throws: the first problem as ``ConnectionError/Code/invalidConfiguration``.
  static func require(_ configuration: ConnectionConfiguration) throws(ConnectionError) -> Self {
    let (settings, problems) = read(configuration.settings)
    if let problem = problems.first { throw ConnectionError(problem) }
    guard let settings else { throw ConnectionError(.invalidConfiguration, "the settings cannot be read") }
    return settings
  }

  /// The JSON Schema (2020-12) of the settings.
  static var schema: JSON {
    var reader = SettingsReader(JSONObject())
    _ = Self(reading: &reader)
    var schema = reader.schema
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    return .object(schema)
  }
}

extension ConnectionError {
  /// What is wrong with settings, in words.
  init(_ problem: ConfigurationProblem) {
    let place = (["config"] + problem.path).joined(separator: ".")
    self.init(.invalidConfiguration, "\(place): \(problem.message)" + (problem.remedy.isEmpty ? "" : "; \(problem.remedy)"))
  }
}

/// Reads a map of settings key by key, and collects what is wrong with it and what it could have held.
struct SettingsReader {
  private let settings: JSONObject
  private let path: [String]
  private var properties = JSONObject()
  private var requiredKeys: [String] = []
  private var problems: [ConfigurationProblem] = []
  private var absences: [(key: String, problem: ConfigurationProblem)] = []

  init(_ settings: JSONObject, path: [String] = []) {
    self.settings = settings
    self.path = path
  }

  /// A setting with a default.
  mutating func value<Value>(_ key: String, _ kind: SettingKind<Value>, default fallback: Value, _ description: String) -> Value {
    declare(key, kind.schema, description, default: kind.encode(fallback))
    return parse(key, kind) ?? fallback
  }

  /// A setting that may be left out.
  mutating func optional<Value>(_ key: String, _ kind: SettingKind<Value>, _ description: String) -> Value? {
    declare(key, kind.schema, description)
    return parse(key, kind)
  }

  /// A setting that must be there; nil after its absence or mistake was noted.
  mutating func required<Value>(_ key: String, _ kind: SettingKind<Value>, _ description: String) -> Value? {
    declare(key, kind.schema, description)
    requiredKeys.append(key)
    guard isPresent(key) else {
      absences.append((key, problem(key, "is missing", remedy: "add '\(key):': \(description)")))
      return nil
    }
    return parse(key, kind)
  }

  /// A map of further settings that may be left out. `body` also runs without it, for the description alone.
  mutating func section<Value>(_ key: String, _ description: String, _ body: (inout SettingsReader) -> Value?) -> Value? {
    let written = isPresent(key) ? settings[key] : nil
    var reader = SettingsReader(written?.object ?? JSONObject(), path: path + [key])
    let value = body(&reader)
    declare(key, reader.schema, description)
    guard let written else { return nil }
    guard written.object != nil else {
      report(key, "must be a map, not \(written.typeName)", remedy: "known keys: \(reader.properties.keys.joined(separator: ", "))")
      return nil
    }
    problems += reader.finish()
    return value
  }

  /// Whether the key is written, with any value but null.
  func isPresent(_ key: String) -> Bool {
    guard let value = settings[key] else { return false }
    return value != .null
  }

  /// Notes a problem of `key`, or of the whole map when it is nil.
  mutating func report(_ key: String?, _ message: String, remedy: String = "") {
    problems.append(problem(key, message, remedy: remedy))
  }

  private func problem(_ key: String?, _ message: String, remedy: String) -> ConfigurationProblem {
    ConfigurationProblem(path: path + (key.map { [$0] } ?? []), message, remedy: remedy)
  }

  /// All problems, those of unknown keys included. To be called after every key was declared.
  func finish() -> [ConfigurationProblem] {
    let known = properties.keys
    var misspelled: Set<String> = []
    let unknown = settings.keys.filter { !known.contains($0) }.map { key in
      let meant = nearestWord(to: key, among: known)
      if let meant { misspelled.insert(meant) }
      let question = meant.map { "did you mean '\($0)'? " } ?? ""
      return problem(key, "is not a known key", remedy: "\(question)known keys: \(known.joined(separator: ", "))")
    }
    // A key that is there under a wrong name is not missing besides.
    return absences.filter { !misspelled.contains($0.key) }.map(\.problem) + problems + unknown
  }

  /// The JSON Schema of what was declared so far.
  var schema: JSONObject {
    var schema: JSONObject = ["type": "object", "properties": .object(properties), "additionalProperties": false]
    if !requiredKeys.isEmpty { schema["required"] = .array(requiredKeys.map(JSON.string)) }
    return schema
  }

  private mutating func declare(_ key: String, _ schema: JSONObject, _ description: String, default fallback: JSON? = nil) {
    var schema = schema
    schema["description"] = .string(description)
    schema["default"] = fallback
    properties[key] = .object(schema)
  }

  private mutating func parse<Value>(_ key: String, _ kind: SettingKind<Value>) -> Value? {
    guard isPresent(key), let json = settings[key] else { return nil }
    do {
      return try kind.parse(json)
    } catch {
      report(key, error.message, remedy: error.remedy)
      return nil
    }
  }
}
