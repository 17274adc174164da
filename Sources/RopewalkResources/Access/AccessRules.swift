import RopewalkCore

/// Every role and binding there is, and what follows from them. A value: the same rules give the same answers.
///
/// Rules only ever grant. What no binding grants is refused.
package struct AccessRules: Sendable {
  /// Members of this group may do everything, whatever the roles say, so that nobody is locked out of his own server.
  package static let mastersGroup = "system:masters"
  /// Everybody who is known at all.
  package static let authenticatedGroup = "system:authenticated"

  /// What everybody who is known may do: find out what there is, and what he may do.
  package static let everybodysRules = [
    PolicyRule(
      verbs: ["get"],
      nonResourceURLs: ["/api", "/api/*", "/apis", "/apis/*", "/openapi", "/openapi/*", "/version", "/version/"]
    ),
    PolicyRule(
      verbs: ["create"],
      apiGroups: ["authorization.k8s.io"],
      resources: ["selfsubjectaccessreviews", "selfsubjectrulesreviews"]
    ),
    PolicyRule(verbs: ["create"], apiGroups: ["authentication.k8s.io"], resources: ["selfsubjectreviews"]),
  ]

  private struct RoleKey: Hashable {
    var namespace: String
    var name: String
  }

  private struct Binding {
    /// Empty for everywhere.
    var namespace: String
    var name: String
    var role: RoleKey
    var subjects: [JSON]

    var description: String {
      namespace.isEmpty ? "ClusterRoleBinding \"\(name)\"" : "RoleBinding \"\(namespace)/\(name)\""
    }
  }

  private var roles: [RoleKey: [PolicyRule]] = [:]
  private var bindings: [Binding] = []

  package init() {}

  /// - Parameter objects: of the kinds `Role`, `ClusterRole`, `RoleBinding` and `ClusterRoleBinding`.
  package init(_ objects: some Sequence<Resource>) {
    for object in objects {
      switch object.kind {
      case "Role", "ClusterRole":
        roles[RoleKey(namespace: object.metadata.namespace, name: object.metadata.name)] = Self.rules(of: object)
      case "RoleBinding", "ClusterRoleBinding":
        bindings.append(Self.binding(of: object))
      default: break
      }
    }
  }

  package static func rules(of role: Resource) -> [PolicyRule] {
    (role.fields["rules"]?.array ?? []).map(PolicyRule.init(json:))
  }

  private static func binding(of object: Resource) -> Binding {
    let isOfNamespace = object.fields["roleRef"]?["kind"]?.string == "Role"
    return Binding(
      namespace: object.metadata.namespace,
      name: object.metadata.name,
      role: RoleKey(
        namespace: isOfNamespace ? object.metadata.namespace : "",
        name: object.fields["roleRef"]?["name"]?.string ?? ""
      ),
      subjects: object.fields["subjects"]?.array ?? []
    )
  }

  /// The rules of a role that a binding in `namespace` refers to; nil when there is no such role.
  package func rules(ofRole name: String, isClusterRole: Bool, namespace: String) -> [PolicyRule]? {
    roles[RoleKey(namespace: isClusterRole ? "" : namespace, name: name)]
  }

  /// Everything that the subject is granted in one namespace, that of all namespaces included.
  package func rules(for subject: Subject, namespace: String) -> [PolicyRule] {
    if subject.isMaster {
      return [PolicyRule(verbs: ["*"], apiGroups: ["*"], resources: ["*"]), PolicyRule(verbs: ["*"], nonResourceURLs: ["*"])]
    }
    return Self.everybodysRules
      + bindings.filter { Self.applies($0, to: subject, in: namespace) }.flatMap { roles[$0.role] ?? [] }
  }

  package func decide(_ question: AccessQuestion, for subject: Subject) -> AccessDecision {
    if subject.isMaster { return AccessDecision(isAllowed: true, reason: "a member of \(Self.mastersGroup)") }
    if Self.everybodysRules.contains(where: { $0.allows(question) }) {
      return AccessDecision(isAllowed: true, reason: "allowed to everybody who is known")
    }
    var namespace = ""
    if case .resource(let target) = question.target { namespace = target.namespace }
    for binding in bindings where Self.applies(binding, to: subject, in: namespace) {
      if roles[binding.role]?.contains(where: { $0.allows(question) }) == true {
        return AccessDecision(isAllowed: true, reason: "allowed by \(binding.description) of role \"\(binding.role.name)\"")
      }
    }
    return AccessDecision(isAllowed: false, reason: "no role grants it")
  }

  private static func applies(_ binding: Binding, to subject: Subject, in namespace: String) -> Bool {
    guard binding.namespace.isEmpty || binding.namespace == namespace else { return false }
    return binding.subjects.contains { names($0, subject, bindingNamespace: binding.namespace) }
  }

  private static func names(_ entry: JSON, _ subject: Subject, bindingNamespace: String) -> Bool {
    guard let name = entry["name"]?.string else { return false }
    switch entry["kind"]?.string {
    case "User": return name == subject.name
    case "Group": return subject.groups.contains(name)
    case "ServiceAccount": return subject.name == "system:serviceaccount:\(entry["namespace"]?.string ?? bindingNamespace):\(name)"
    default: return false
    }
  }
}

extension Subject {
  /// Whether no rule holds the subject back.
  package var isMaster: Bool { groups.contains(AccessRules.mastersGroup) }
}
