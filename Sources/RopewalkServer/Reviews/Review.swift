/// A question that is asked by creating an object that nobody keeps.
enum Review: String, Sendable, Hashable, CaseIterable {
  case selfSubject = "selfsubjectreviews"
  case selfSubjectAccess = "selfsubjectaccessreviews"
  case selfSubjectRules = "selfsubjectrulesreviews"
  case subjectAccess = "subjectaccessreviews"

  var group: String { self == .selfSubject ? "authentication.k8s.io" : "authorization.k8s.io" }

  var kind: String {
    switch self {
    case .selfSubject: "SelfSubjectReview"
    case .selfSubjectAccess: "SelfSubjectAccessReview"
    case .selfSubjectRules: "SelfSubjectRulesReview"
    case .subjectAccess: "SubjectAccessReview"
    }
  }

  /// Nil when the path names no review.
  init?(_ path: APIPath) {
    guard let review = Review(rawValue: path.plural), review.group == path.group, path.version == "v1" else { return nil }
    guard path.namespace == nil, path.name == nil else { return nil }
    self = review
  }
}
