import RopewalkCore
import RopewalkResources

/// Keeps a subject from granting, to himself or to others, what he does not have.
struct EscalationGuard: Sendable {
  static let group = "rbac.authorization.k8s.io"

  var rules: AccessRules
  var subject: Subject

  /// - Throws: 403 when a role would grant more than the subject has and he may not `escalate`, or a binding refers to such
  ///   a role and he may not `bind` it.
  func check(_ object: Resource) throws(StatusError) {
    switch object.kind {
    case "Role", "ClusterRole":
      let resource = object.kind == "Role" ? "roles" : "clusterroles"
      try check(AccessRules.rules(of: object), in: object.metadata.namespace, verb: "escalate", resource, object.metadata.name)
    case "RoleBinding", "ClusterRoleBinding":
      let isClusterRole = object.fields["roleRef"]?["kind"]?.string != "Role"
      let name = object.fields["roleRef"]?["name"]?.string ?? ""
      // A binding of a role that is not there yet grants whatever somebody puts into it; only who may bind anything may.
      let granted = rules.rules(ofRole: name, isClusterRole: isClusterRole, namespace: object.metadata.namespace)
      let unknown = [PolicyRule(verbs: ["*"], apiGroups: ["*"], resources: ["*"])]
      try check(granted ?? unknown, in: object.metadata.namespace, verb: "bind", isClusterRole ? "clusterroles" : "roles", name)
    default: break
    }
  }

  private func check(_ granted: [PolicyRule], in namespace: String, verb: String, _ resource: String, _ name: String) throws(StatusError) {
    let question = AccessQuestion.resource(
      verb,
      ResourceTarget(group: Self.group, resource: resource, namespace: namespace, name: name)
    )
    if rules.decide(question, for: subject).isAllowed { return }
    let owned = rules.rules(for: subject, namespace: namespace)
    let missing = granted.filter { !$0.isCovered(by: owned) }
    guard missing.isEmpty else {
      throw .forbidden(
        question,
        subject,
        reason: "it would grant what he does not have: \(missing.map { $0.json.text() }.joined(separator: ", "))"
      )
    }
  }
}
