import RopewalkCore
import RopewalkResources

extension Review {
  /// The review with its `status`.
  func answer(_ body: JSON, subject: Subject, authorizer: Authorizer) throws(StatusError) -> JSON {
    guard let spec = self == .selfSubject ? [:] : body["spec"] else { throw .badRequest("spec is missing") }
    switch self {
    case .selfSubject: return reviewed(spec: nil, status: ["userInfo": Self.info(subject)])
    case .selfSubjectAccess: return reviewed(spec: spec, status: try Self.access(spec, subject, authorizer))
    case .selfSubjectRules: return reviewed(spec: spec, status: Self.rules(spec, subject, authorizer))
    case .subjectAccess:
      let groups = spec["groups"]?.array?.compactMap(\.string) ?? []
      let other = Subject(name: spec["user"]?.string ?? "", groups: groups)
      return reviewed(spec: spec, status: try Self.access(spec, other, authorizer))
    }
  }

  private func reviewed(spec: JSON?, status: JSON) -> JSON {
    var object: JSONObject = ["kind": .string(kind), "apiVersion": .string("\(group)/v1"), "metadata": ["creationTimestamp": .null]]
    if let spec { object["spec"] = spec }
    object["status"] = status
    return .object(object)
  }

  private static func info(_ subject: Subject) -> JSON {
    ["username": .string(subject.name), "groups": .texts(subject.groups)]
  }

  private static func access(_ spec: JSON, _ subject: Subject, _ authorizer: Authorizer) throws(StatusError) -> JSON {
    let decision = authorizer.decide(try question(spec), for: subject)
    return ["allowed": .bool(decision.isAllowed), "reason": .string(decision.reason)]
  }

  private static func question(_ spec: JSON) throws(StatusError) -> AccessQuestion {
    func text(_ attributes: JSON, _ key: String) -> String { attributes[key]?.string ?? "" }
    if let attributes = spec["resourceAttributes"] {
      return .resource(
        text(attributes, "verb"),
        ResourceTarget(
          group: text(attributes, "group"),
          resource: text(attributes, "resource"),
          subresource: text(attributes, "subresource"),
          namespace: text(attributes, "namespace"),
          name: text(attributes, "name")
        )
      )
    }
    guard let attributes = spec["nonResourceAttributes"] else {
      throw .badRequest("spec needs resourceAttributes or nonResourceAttributes")
    }
    return AccessQuestion(text(attributes, "verb"), .path(text(attributes, "path")))
  }

  private static func rules(_ spec: JSON, _ subject: Subject, _ authorizer: Authorizer) -> JSON {
    let everything = [PolicyRule(verbs: ["*"], apiGroups: ["*"], resources: ["*"]), PolicyRule(verbs: ["*"], nonResourceURLs: ["*"])]
    let rules = authorizer.rules?.rules(for: subject, namespace: spec["namespace"]?.string ?? "") ?? everything
    return [
      "resourceRules": .array(rules.filter { $0.nonResourceURLs.isEmpty }.map(\.json)),
      "nonResourceRules": .array(rules.filter { !$0.nonResourceURLs.isEmpty }.map(\.json)),
      "incomplete": false,
    ]
  }
}
