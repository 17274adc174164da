import RopewalkControllers
import RopewalkCore
import RopewalkResources

extension Authorizer {
  /// Why a controller may not do something; nil when it may.
  func refusal(of verb: String, _ type: ResourceType, _ key: ResourceKey, for subject: Subject) -> String? {
    let target = ResourceTarget(group: type.group, resource: type.plural, namespace: key.namespace, name: key.name)
    let decision = decide(.resource(verb, target), for: subject)
    guard !decision.isAllowed else { return nil }
    return "the subject '\(subject.name)' may not \(verb) \(target.qualified): bind a role to it that allows it"
  }
}

extension AuditRecord {
  /// A request of a controller's that its grants do not allow.
  init(_ refusal: GrantedClient.Refusal) {
    self.init(
      time: .now,
      subject: refusal.subject,
      verb: refusal.verb,
      target: ResourceTarget(
        group: refusal.collection.group,
        resource: refusal.collection.plural,
        namespace: refusal.namespace,
        name: refusal.name
      ),
      source: refusal.subject.name,
      status: ErrorCode.clientDenied.kind.httpStatus,
      reason: "Forbidden"
    )
  }
}
