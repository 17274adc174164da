import RopewalkControllers
import RopewalkCore
import RopewalkResources

extension Authorizer {
  /// Why a controller may not do something; nil when it may.
  func refusal(of verb: String, _ target: ResourceTarget, for subject: Subject) -> String? {
    let decision = decide(.resource(verb, target), for: subject)
    guard !decision.isAllowed else { return grantRefusal(of: verb, target, for: subject) }
    let what = target.group.isEmpty ? target.path : "\(target.path) of \(target.group)"
    return "the subject '\(subject.name)' may not \(verb) \(what): bind a role to it that allows it"
  }
}

extension Authorizer {
  /// Whoever writes roles and bindings could give himself anything; only one that may do that anyway may write them.
  private func grantRefusal(of verb: String, _ target: ResourceTarget, for subject: Subject) -> String? {
    guard isOn, target.group == ResourceCollection.roles.group, ["create", "update", "patch"].contains(verb) else { return nil }
    for power in ["escalate", "bind"] {
      let role = ResourceTarget(group: target.group, resource: "clusterroles")
      guard !decide(.resource(power, role), for: subject).isAllowed else { continue }
      return
        "the subject '\(subject.name)' may not \(verb) \(target.path): it could grant what it does not have; bind a role to it that allows to \(power) clusterroles"
    }
    return nil
  }
}

extension AuditRecord {
  /// A request of a controller's that its grants do not allow.
  init(_ refusal: GrantedClient.Refusal) {
    self.init(
      time: .now,
      subject: refusal.subject,
      verb: refusal.verb,
      target: refusal.target,
      source: refusal.subject.name,
      status: ErrorCode.clientDenied.kind.httpStatus,
      reason: "Forbidden"
    )
  }
}
