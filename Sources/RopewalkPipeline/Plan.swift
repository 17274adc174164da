package import RopewalkConnector
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
  /// Whether the messages come from another node that ran the steps before: customer and source are theirs already.
  package var isContinuation = false

  package init(integration: Integration, incoming: [PlannedIncoming], steps: [PlannedStep] = [], destinations: [PlannedDestination]) {
    self.integration = integration
    self.incoming = incoming
    self.steps = steps
    self.destinations = destinations
  }
}

package struct PlannedIncoming: Sendable {
  package var spec: ConnectionSpec
  package var node: any ConnectionNode

  package init(spec: ConnectionSpec, node: any ConnectionNode) {
    self.spec = spec
    self.node = node
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

  package init(name: String, kind: StepSpec.Kind, plugin: String = "", pluginVersion: String = "", node: any LogicNode) {
    self.name = name
    self.kind = kind
    self.plugin = plugin
    self.pluginVersion = pluginVersion
    self.node = node
  }
}

package struct PlannedDestination: Sendable {
  package var spec: DestinationSpec
  package var node: any ConnectionNode
  /// In front of this destination alone.
  package var steps: [PlannedStep]

  package init(spec: DestinationSpec, node: any ConnectionNode, steps: [PlannedStep] = []) {
    self.spec = spec
    self.node = node
    self.steps = steps
  }

  package var name: String { spec.connection.name }
}
