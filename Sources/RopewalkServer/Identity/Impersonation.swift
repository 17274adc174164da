import HTTPTypes
import RopewalkCore
import RopewalkResources

/// Acting as somebody else, as `kubectl --as` asks for: allowed to who may `impersonate` the user and every group.
enum Impersonation {
  private static let user = HTTPField.Name("Impersonate-User")!
  private static let group = HTTPField.Name("Impersonate-Group")!
  private static let prefix = "impersonate-"

  /// Nil when nobody is to be impersonated.
  /// - Throws: 403 when the subject may not, 400 when only groups are named or something that is not understood.
  static func subject(_ headers: HTTPFields, by subject: Subject, _ authorizer: Authorizer) throws(StatusError) -> Subject? {
    guard headers.contains(where: { $0.name.canonicalName.hasPrefix(prefix) }) else { return nil }
    guard let name = headers[user], !name.isEmpty else { throw .badRequest("Impersonate-User is missing") }
    let groups = headers[values: group]
    let known = [user.canonicalName, group.canonicalName]
    guard headers.allSatisfy({ !$0.name.canonicalName.hasPrefix(prefix) || known.contains($0.name.canonicalName) }) else {
      throw .badRequest("only Impersonate-User and Impersonate-Group are understood")
    }
    try check("users", name, subject, authorizer)
    for group in groups { try check("groups", group, subject, authorizer) }
    return Subject(name: name, groups: groups + [AccessRules.authenticatedGroup])
  }

  private static func check(_ resource: String, _ name: String, _ subject: Subject, _ authorizer: Authorizer) throws(StatusError) {
    // Without an authorizer everybody may do everything, but not as anybody: only masters act as others.
    guard authorizer.isOn || subject.isMaster else {
      throw StatusError(403, "Forbidden", "only members of \(AccessRules.mastersGroup) act as others while the authorizer is off")
    }
    let question = AccessQuestion.resource("impersonate", ResourceTarget(group: "", resource: resource, name: name))
    let decision = authorizer.decide(question, for: subject)
    guard decision.isAllowed else { throw .forbidden(question, subject, reason: decision.reason) }
  }
}
