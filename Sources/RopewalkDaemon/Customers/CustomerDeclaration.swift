import RopewalkCore
import RopewalkPipeline
import RopewalkPlugins
import RopewalkResources

/// What a `Customer` object declares; its schema has checked the types.
struct CustomerDeclaration: Sendable {
  /// The object's name, as problems name it.
  let name: String
  /// The id that messages carry.
  let id: String
  let tenant: String
  private let spec: JSONObject

  init(_ object: Resource) {
    name = object.metadata.name
    spec = object.spec?.object ?? [:]
    id = spec["id"]?.string ?? object.metadata.name
    tenant = spec["tenant"]?.string ?? "default"
  }

  /// Whether its messages are refused because somebody wants it so.
  var isSuspended: Bool { spec["suspended"]?.bool == true }

  private var limits: JSONObject { spec["limits"]?.object ?? [:] }

  /// - Throws: `DiagnosticsError` for a limit that says nothing.
  func terms() throws(DiagnosticsError) -> CustomerTerms {
    CustomerTerms(
      refusal: isSuspended ? "customer '\(id)' is suspended" : nil,
      messagesPerSecond: limits["messagesPerSecond"]?.double,
      queue: limits["queue"]?.int,
      maxPayloadSize: try size("messageSize")
    )
  }

  private func size(_ key: String) throws(DiagnosticsError) -> ByteCount? {
    guard let value = limits[key] else { return nil }
    if let bytes = value.int, bytes >= 0 { return ByteCount(bytes) }
    if let size = value.string.flatMap(ByteCount.init(parsing:)) { return size }
    throw DiagnosticsError([Diagnostic(field: "spec.limits.\(key)", "this is no size", remedy: "write one such as 1Mi")])
  }

  /// Where the secrets of an integration come from that has the customer's own settings in it: what the customer names is looked
  /// up among its credentials and then in `own`, everything else in `common`.
  func secrets(own: any SecretSource, common: any SecretSource) -> any SecretSource {
    CustomerSecretSource(
      references: spec["credentials"]?.object ?? [:],
      names: JSON.object(spec).secretNames,
      own: own,
      common: common
    )
  }

  /// An integration's `spec` with the customer's own settings, limits and scripts in its steps.
  ///
  /// - Parameters:
  ///   - declared: the integration as it is for everyone.
  ///   - name: the object's name.
  /// - Returns: nil when nothing of it is the customer's own.
  /// - Throws: `DiagnosticsError` for a script of a step that is not there.
  func applied(to spec: JSONObject, of declared: Integration, named name: String) throws(DiagnosticsError) -> JSONObject? {
    let steps = CustomerSteps(
      settings: settings(of: name),
      scripts: scripts(of: name),
      timeout: limits["timeout"],
      memory: limits["memory"],
      weight: limits["weight"]?.double
    )
    guard !steps.isEmpty else { return nil }
    let known = (declared.spec.steps + declared.spec.outgoing.flatMap(\.steps)).map(\.name)
    let problems = scripts(of: name).keys.filter { !known.contains($0) }.sorted().map { step in
      Diagnostic(
        field: "spec.scripts",
        "the integration \(name) has no step '\(step)'",
        remedy: known.isEmpty ? "it has no steps" : "there are \(known.joined(separator: ", "))"
      )
    }
    guard problems.isEmpty else { throw DiagnosticsError(problems) }
    return steps.applied(to: spec, of: declared.spec)
  }

  private func settings(of integration: String) -> JSONObject {
    let configuration = spec["configuration"]?.object ?? [:]
    return (configuration["*"]?.object ?? [:]).merging(configuration[integration]?.object ?? [:])
  }

  private func scripts(of integration: String) -> [String: JSONObject] {
    var scripts: [String: JSONObject] = [:]
    for case .object(let script) in spec["scripts"]?.array ?? [] where script["integration"]?.string == integration {
      if let step = script["step"]?.string { scripts[step] = script }
    }
    return scripts
  }
}

/// What of an integration's steps is one customer's own.
private struct CustomerSteps {
  private static let kinds = ["converter", "filter"]

  let settings: JSONObject
  /// By step.
  let scripts: [String: JSONObject]
  let timeout, memory: JSON?
  let weight: Double?

  var isEmpty: Bool { settings.isEmpty && scripts.isEmpty && timeout == nil && memory == nil && weight == nil }

  func applied(to spec: JSONObject, of declared: IntegrationSpec) -> JSONObject {
    var spec = replaced(in: spec, declared.steps)
    switch spec["outgoing"] {
    case .array(let list):
      spec["outgoing"] = .array(
        zip(list, declared.outgoing).map { item, destination in
          item.object.map { .object(replaced(in: $0, destination.steps)) } ?? item
        }
      )
    case .object(let one): spec["outgoing"] = .object(replaced(in: one, declared.outgoing.first?.steps ?? []))
    default: break
    }
    return spec
  }

  /// - Parameter declared: the steps in here, in their order.
  private func replaced(in holder: JSONObject, _ declared: [StepSpec]) -> JSONObject {
    var holder = holder
    var rest = declared[...]
    if case .array(let items) = holder["steps"] {
      holder["steps"] = .array(items.map { item in item.object.map { .object(replacedOnes(in: $0, &rest)) } ?? item })
    }
    return replacedOnes(in: holder, &rest)
  }

  private func replacedOnes(in holder: JSONObject, _ rest: inout ArraySlice<StepSpec>) -> JSONObject {
    var holder = holder
    for kind in Self.kinds {
      guard case .object(let step) = holder[kind], let declared = rest.popFirst() else { continue }
      holder[kind] = .object(replaced(step, declared))
    }
    return holder
  }

  /// A built-in function refuses options that it does not know, so it gets other values of those that the step gives it.
  private func ownSettings(of step: JSONObject, _ common: JSONObject) -> JSONObject {
    guard step["function"] != nil else { return settings }
    return JSONObject(settings.members.filter { common[$0.key] != nil })
  }

  private func replaced(_ step: JSONObject, _ declared: StepSpec) -> JSONObject {
    var step = step
    var config = step["config"]?.object ?? [:]
    if let script = scripts[declared.name] {
      for key in ["type", "source", "inline", "function", "plugin"] { step[key] = nil }
      for key in ["source", "inline", "plugin"] { script[key].map { step[key] = $0 } }
      config = config.merging(script["config"]?.object ?? [:])
    }
    let own = ownSettings(of: step, config["settings"]?.object ?? [:])
    if !own.isEmpty { config["settings"] = .object((config["settings"]?.object ?? [:]).merging(own)) }
    if let timeout { config["timeout"] = timeout }
    // Built-in functions run neither in memory of their own nor in turns.
    if step["function"] == nil {
      if let memory { config["memoryLimit"] = memory }
      if let weight {
        let share = Double(declared.limits.cpuWeight) * weight
        config["cpuWeight"] = .number(JSONNumber(Int(min(max(share, 1), 1000))))
      }
    }
    if !config.isEmpty { step["config"] = .object(config) }
    return step
  }
}

/// A customer's credentials by their names there, and what else its namespace has; for what it does not name, what everyone has.
private struct CustomerSecretSource: SecretSource {
  let references: JSONObject
  /// What the customer's object refers to.
  let names: Set<String>
  let own: any SecretSource
  let common: any SecretSource

  func secret(named name: String) async throws -> Secret? {
    let (source, target) = place(of: name)
    return try await source.secret(named: target)
  }

  func place(ofSecretNamed name: String) -> String {
    let (source, target) = place(of: name)
    return source.place(ofSecretNamed: target)
  }

  private func place(of name: String) -> (any SecretSource, String) {
    guard let reference = references[name]?["secretRef"], let object = reference["name"]?.string else {
      return (names.contains(name) ? own : common, name)
    }
    return (own, reference["key"]?.string.map { "\(object).\($0)" } ?? object)
  }
}

extension JSONObject {
  /// The members of both; where both have one, the other's.
  fileprivate func merging(_ other: JSONObject) -> JSONObject {
    var merged = self
    for member in other.members { merged[member.key] = member.value }
    return merged
  }
}
