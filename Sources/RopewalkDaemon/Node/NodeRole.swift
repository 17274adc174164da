/// Which part of its integrations a node of a cluster runs.
package enum NodeRole: String, Sendable, CaseIterable {
  /// Takes messages from outside.
  case incoming
  /// Runs converters and filters.
  case logic
  /// Delivers to destinations.
  case outgoing
  case all

  var parts: [NodeRole] { self == .all ? [.incoming, .logic, .outgoing] : [self] }
}
