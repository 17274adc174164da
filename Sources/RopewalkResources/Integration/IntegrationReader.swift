import RopewalkCore
import RopewalkPlugins

/// Reads one document into an integration.
struct IntegrationReader {
  static let specKeys = [
    "customer", "tenant", "incoming", "steps", "converter", "filter", "outgoing", "ordering", "orderingKey", "limits", "alerts",
  ]

  let context: IntegrationContext
  let references: ReferenceTable
  let file: String
  /// Where the names that the file gives to connections and steps stand.
  var givenNames: [String: SourceMark] = [:]
  /// What of it can be looked at by itself.
  var parts = IntegrationParts()

  init(context: IntegrationContext, references: ReferenceTable, file: String) {
    self.context = context
    self.references = references
    self.file = file
  }

  /// The integration and the place of its name; nil when anything kept it from being read whole, which is reported.
  mutating func read(_ document: YAMLField) -> (Integration, nameField: YAMLField)? {
    switch Form(of: document) {
    case .envelope: return readEnvelope(document)
    case .short: return readShortForm(document)
    case .neither:
      document.error(
        "this is no integration",
        remedy: "begin with apiVersion: \(ObjectEnvelope.apiVersion) and kind: Integration, or with integration: for the short form"
      )
      return nil
    }
  }

  private enum Form {
    case envelope, short, neither

    init(of document: YAMLField) {
      guard case .map(let members) = document.node.content else {
        self = .neither
        return
      }
      let keys = members.map(\.key)
      self = keys.contains("integration") ? .short : ObjectEnvelope.keys.contains { keys.contains($0) } ? .envelope : .neither
    }
  }

  private mutating func readEnvelope(_ document: YAMLField) -> (Integration, nameField: YAMLField)? {
    guard let envelope = ObjectEnvelope(of: document, kind: .integration, nameExample: "invoice-sync") else { return nil }
    let example = "a map with customer, incoming, steps and outgoing"
    guard let map = envelope.spec?.map(keys: Self.specKeys, example: example), let spec = readSpec(map, defaultCustomer: nil),
      let metadata = envelope.metadata, let nameField = envelope.nameField
    else { return nil }
    return (Integration(metadata: metadata, spec: spec, file: file), nameField)
  }

  /// `integration: { id: …, incoming: …, converter: …, filter: …, outgoing: … }`
  private mutating func readShortForm(_ document: YAMLField) -> (Integration, nameField: YAMLField)? {
    let hints = Dictionary(
      uniqueKeysWithValues: ObjectEnvelope.keys.map { ($0, "the short form has none; remove it, or remove integration:") }
    )
    guard let root = document.map(keys: ["integration"], hints: hints, example: "integration: { id: invoice-sync, … }"),
      let field = root.required("integration", example: "{ id: invoice-sync, … }"),
      let map = field.map(
        keys: ["id"] + Self.specKeys,
        hints: ["name": "did you mean id?"],
        example: "a map with id, incoming and outgoing"
      )
    else { return nil }
    let nameField = map.required("id", example: "invoice-sync")
    let name = nameField?.name(example: "invoice-sync")
    let spec = readSpec(map, defaultCustomer: .header("X-Customer-ID"))
    guard let nameField, let name, let spec else { return nil }
    return (Integration(metadata: ObjectMetadata(name: name), spec: spec, file: file), nameField)
  }

  private mutating func readSpec(_ map: YAMLMap, defaultCustomer: CustomerRule?) -> IntegrationSpec? {
    let customer = readCustomer(map) ?? defaultCustomer
    if customer == nil, !map.has("customer") {
      map.missing(
        "customer",
        "missing: messages without a customer are refused, and nothing says whose they are",
        remedy: "add customer: { header: X-Customer-ID }, or customer: acme where all of them are one customer's"
      )
    }
    let tenant = map["tenant"].map { $0.name(example: "default") } ?? "default"
    let incoming = readIncoming(map)
    let steps = readSteps(map)
    let outgoing = readOutgoing(map)
    let ordering = map["ordering"].flatMap { $0.word("an order", of: Ordering.self) } ?? .none
    let orderingKey = readOrderingKey(map, ordering)
    let limits = map["limits"].map { readLimits($0) } ?? PipelineLimits()
    let alerts = map["alerts"].map { readAlerts($0) } ?? AlertSpec()
    parts.limits = limits
    guard !map.field.findings.hasErrors, let customer, let tenant else { return nil }

    var spec = IntegrationSpec(
      customer: customer,
      tenant: tenant,
      incoming: incoming,
      steps: steps,
      outgoing: outgoing,
      limits: limits,
      alerts: alerts
    )
    (spec.ordering, spec.orderingKey) = (ordering, orderingKey)
    spec.fillInNames(besides: Set(givenNames.keys))
    checkPathRule(customer, map["customer"], spec.incoming)
    return spec
  }

  /// The name that the file gives, which no other connection or step of the integration may have; empty when it gives none.
  mutating func readName(_ map: YAMLMap, example: String) -> String {
    guard let field = map["name"], let name = field.name(example: example) else { return "" }
    if let first = givenNames[name] {
      field.error(
        "the name \(name) is already taken in line \(first.line)",
        remedy: "give every connection and step of an integration its own name"
      )
    }
    givenNames[name] = field.mark
    return name
  }
}
