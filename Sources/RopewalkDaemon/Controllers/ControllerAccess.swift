import RopewalkControllers
import RopewalkCore
import RopewalkResources

extension Authorizer {
  /// Why a controller may not do something; nil when it may.
  func refusal(of verb: String, _ target: ResourceTarget, for subject: Subject) -> String? {
    let decision = decide(.resource(verb, target), for: subject)
    guard !decision.isAllowed else { return nil }
    let what = target.group.isEmpty ? target.path : "\(target.path) of \(target.group)"
    return "the subject '\(subject.name)' may not \(verb) \(what): bind a role to it that allows it"
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
