package import RopewalkConnector
import RopewalkCore
import RopewalkJournal
package import RopewalkPlugins
package import RopewalkResources

/// An integration with everything it names built and ready to connect.
package struct Plan: Sendable {
  package var integration: Integration
  package var incoming: [PlannedIncoming]
  /// In front of every destination, in order.
  package var steps: [PlannedStep]
  /// At least one; names are unique.
  package var destinations: [PlannedDestination]
  /// Where alerts are sent; nil when they are only logged.
  package var alertWebhook: PlannedWebhook?
  /// What customers have other terms, by id.
  package var customers: [String: CustomerTerms] = [:]
  /// Whether the messages come from another node that ran the steps before: customer and source are theirs already.
  package var isContinuation = false
  /// What an earlier part on another node found out about the key of a message, which this part has only as steps made it; nil where
  /// nobody did.
  package var givenOrderingKey: (@Sendable (Message) -> String?)?
  /// What the sandbox of its connectors does not hold on this machine, and what helps; nil where none has a sandbox.
  package var sandboxShortfalls: [String]?

  package init(
    integration: Integration,
    incoming: [PlannedIncoming],
    steps: [PlannedStep] = [],
    destinations: [PlannedDestination],
    alertWebhook: PlannedWebhook? = nil
  ) {
    self.integration = integration
    self.incoming = incoming
    self.steps = steps
    self.destinations = destinations
    self.alertWebhook = alertWebhook
  }

  /// What a message is kept in order by, besides its customer.
  func orderingKey(of message: Message) -> String {
    givenOrderingKey?(message) ?? integration.spec.orderingKey?.key(of: message) ?? ""
  }

  /// The places of the destinations, by name.
  var destinationPlaces: [String: Int] {
    Dictionary(uniqueKeysWithValues: destinations.enumerated().map { ($0.element.name, $0.offset) })
  }
}

package struct PlannedWebhook: Sendable {
  package var spec: ConnectionSpec
  package var node: any ConnectionNode

  package init(spec: ConnectionSpec, node: any ConnectionNode) {
    self.spec = spec
    self.node = node
  }
}

package struct PlannedIncoming: Sendable {
  package var spec: ConnectionSpec
  package var node: any ConnectionNode
  /// Takes secrets out of what its connector says of a failure, which goes to people.
  package var redact: @Sendable (String) -> String

  package init(spec: ConnectionSpec, node: any ConnectionNode, redact: @escaping @Sendable (String) -> String = { $0 }) {
    self.spec = spec
    self.node = node
    self.redact = redact
  }
}

package struct PlannedStep: Sendable {
  /// The stage that dead letters name.
  package var name: String
  package var kind: StepSpec.Kind
  /// What it runs, as dead letters name it: the built-in function's name, or the guest's.
  package var plugin: String
  /// A semantic version, or the SHA-256 of a guest's code.
  package var pluginVersion: String
  package var node: any LogicNode
  /// What replays can ask for besides; nil when there is nothing.
  package var versions: StepVersions?
  /// Takes secrets out of what its logic says of a failure, which goes to dead letters, alerts and people.
  package var redact: @Sendable (String) -> String
  /// The step as it is for customers who have another one, by id.
  package var own: [String: PlannedStep] = [:]

  package init(
    name: String,
    kind: StepSpec.Kind,
    plugin: String = "",
    pluginVersion: String = "",
    node: any LogicNode,
    versions: StepVersions? = nil,
    redact: @escaping @Sendable (String) -> String = { $0 }
  ) {
    self.name = name
    self.kind = kind
    self.plugin = plugin
    self.pluginVersion = pluginVersion
    self.node = node
    self.versions = versions
    self.redact = redact
  }

  /// Gives back everything that it holds; nothing may be processed any more.
  package func shutdown() async {
    await node.shutdown()
    await versions?.shutdown()
    for step in own.values { await step.shutdown() }
  }

  /// The error as it may be kept and shown.
  func redacted(_ error: LogicError) -> LogicError {
    var error = error
    error.message = redact(error.message)
    error.guestCode = redact(error.guestCode)
    error.backtrace = error.backtrace.map(redact)
    return error
  }

  /// The step as it is for a customer.
  func of(customer: String) -> PlannedStep {
    own.isEmpty ? self : own[customer] ?? self
  }

  /// Has the step's own logic process a message, or the version that its replay asks for.
  /// - Throws: also when that version is not kept any more.
  func process(_ message: Message, for replay: Replay?) async throws(LogicError) -> LogicOutcome {
    guard let version = replay?.versions[name], version != pluginVersion else { return try await node.process(message) }
    guard let versions else { throw StepVersions.gone(version, name) }
    return try await versions.process(message, by: version, step: name)
  }
}

package struct PlannedDestination: Sendable {
  package var spec: DestinationSpec
  package var node: any ConnectionNode
  /// In front of this destination alone.
  package var steps: [PlannedStep]
  /// Takes secrets out of what its connector says of a failure, which goes to dead letters, alerts and people.
  package var redact: @Sendable (String) -> String

  package init(
    spec: DestinationSpec,
    node: any ConnectionNode,
    steps: [PlannedStep] = [],
    redact: @escaping @Sendable (String) -> String = { $0 }
  ) {
    self.spec = spec
    self.node = node
    self.steps = steps
    self.redact = redact
  }

  package var name: String { spec.connection.name }
}

extension ConnectionError {
  /// The error as it may be kept and shown.
  func redacted(by redact: (String) -> String) -> ConnectionError {
    var error = self
    error.message = redact(message)
    error.code = Code(name: redact(code.name))
    return error
  }
}
