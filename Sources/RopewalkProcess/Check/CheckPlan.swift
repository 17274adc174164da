package import RopewalkConnector
package import RopewalkCore

/// What a connector is told when it is checked or measured, and what stands around it.
package struct CheckPlan: Sendable {
  /// One end of the connector.
  package struct End: Sendable {
    package var settings: JSONObject
    /// For incoming: what brings messages to the connector. For outgoing: where what it sent can be seen. Nil for none.
    package var peer: Peer?

    package init(settings: JSONObject, peer: Peer? = nil) {
      self.settings = settings
      self.peer = peer
    }
  }

  /// The other side of one end.
  package enum Peer: Sendable {
    /// A connector of Ropewalk's own, made anew each time.
    case connector(ConnectionConfiguration, @Sendable () -> any ConnectionNode)
    /// A further process of the connector itself, with settings of its own.
    case itself(JSONObject)
  }

  package var executable: String
  package var arguments: [String] = []
  /// The `type` word; the first that the connector names when nil.
  package var type: String?
  package var credentials: [String: Secret] = [:]
  /// Settings that must be refused.
  package var invalidSettings: JSONObject = ["ropewalk-check-unknown": true]
  package var incoming: End?
  package var outgoing: End?
  /// How long one thing may take that must happen: 30 seconds.
  package var patience: Duration = .seconds(30)
  /// What is wrong with a value under a schema, or with the schema.
  package var schemaProblems: @Sendable (_ schema: JSON, _ value: JSON) -> [String] = { _, _ in [] }

  package init(executable: String) {
    self.executable = executable
  }
}
