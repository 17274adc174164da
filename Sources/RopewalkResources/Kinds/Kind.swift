import RopewalkCore

/// A kind with everything the client needs to hold its objects to the rules.
package struct Kind: Sendable {
  package enum NameRule: Sendable {
    case subdomain, label, pathSegment
  }

  package var type: ResourceType
  package var nameRule: NameRule
  /// Nil when anything goes.
  package var schema: StructuralSchema?
  /// In which version objects are kept; the other versions differ in `apiVersion` alone.
  package var storageVersion: String

  package init(_ type: ResourceType, nameRule: NameRule = .subdomain, schema: StructuralSchema? = nil, storageVersion: String? = nil) {
    self.type = type
    self.nameRule = nameRule
    self.schema = schema
    self.storageVersion = storageVersion ?? type.version
  }

  /// A kind of ours, whose schema is known to be right.
  static func builtIn(_ type: ResourceType, nameRule: NameRule = .subdomain) -> Kind {
    let schema = type.schema.map { json in
      do { return try StructuralSchema(json) } catch { fatalError("the schema of \(type.kind) is wrong: \(error)") }
    }
    return Kind(type, nameRule: nameRule, schema: schema)
  }

  var storageAPIVersion: String { type.group.isEmpty ? storageVersion : "\(type.group)/\(storageVersion)" }
}

extension ResourceCollection {
  package static let namespaces = ResourceCollection(group: "", plural: "namespaces")
  package static let secrets = ResourceCollection(group: "", plural: "secrets")
  package static let events = ResourceCollection(group: "", plural: "events")
  package static let integrations = ResourceCollection(group: "ropewalk.dev", plural: "integrations")
  package static let customers = ResourceCollection(group: "ropewalk.dev", plural: "customers")
  package static let controllers = ResourceCollection(group: "ropewalk.dev", plural: "controllers")
  package static let customResourceDefinitions = ResourceCollection(group: "apiextensions.k8s.io", plural: "customresourcedefinitions")
  package static let roles = ResourceCollection(group: "rbac.authorization.k8s.io", plural: "roles")
  package static let roleBindings = ResourceCollection(group: "rbac.authorization.k8s.io", plural: "rolebindings")
  package static let clusterRoles = ResourceCollection(group: "rbac.authorization.k8s.io", plural: "clusterroles")
  package static let clusterRoleBindings = ResourceCollection(group: "rbac.authorization.k8s.io", plural: "clusterrolebindings")
}
