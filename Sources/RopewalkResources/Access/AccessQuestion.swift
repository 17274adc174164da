/// One thing that somebody wants to do: a verb, and an object or a path it is done to.
package struct AccessQuestion: Sendable, Hashable {
  package enum Target: Sendable, Hashable {
    case resource(ResourceTarget)
    /// A path that is no object, such as `/metrics`.
    case path(String)
  }

  /// `get`, `list`, `watch`, `create`, `update`, `patch`, `delete`, `deletecollection`, or a special one such as `bind`.
  package var verb: String
  package var target: Target

  package init(_ verb: String, _ target: Target) {
    self.verb = verb
    self.target = target
  }

  package static func resource(_ verb: String, _ target: ResourceTarget) -> AccessQuestion { AccessQuestion(verb, .resource(target)) }
}

/// Objects as the rules of access name them.
package struct ResourceTarget: Sendable, Hashable {
  package var group: String
  /// The plural: `integrations`.
  package var resource: String
  /// `status`; empty for the object itself.
  package var subresource: String
  /// Empty for all namespaces, and for kinds that have none.
  package var namespace: String
  /// Empty where no one object is meant: `list`, `create`.
  package var name: String

  package init(group: String, resource: String, subresource: String = "", namespace: String = "", name: String = "") {
    self.group = group
    self.resource = resource
    self.subresource = subresource
    self.namespace = namespace
    self.name = name
  }

  /// `integrations/status`
  package var path: String { subresource.isEmpty ? resource : "\(resource)/\(subresource)" }
  /// `integrations.ropewalk.dev`
  package var qualified: String { group.isEmpty ? resource : "\(resource).\(group)" }
}

package struct AccessDecision: Sendable, Hashable {
  package var isAllowed: Bool
  /// Which binding allows it, or that none does.
  package var reason: String

  package init(isAllowed: Bool, reason: String) {
    self.isAllowed = isAllowed
    self.reason = reason
  }
}
