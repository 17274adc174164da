/// Labels that an object must have, in the form of Kubernetes: `app=web,tier in (a,b),!old`.
package struct LabelSelector: Sendable, Hashable {
  package enum Requirement: Sendable, Hashable {
    case equals(String, String)
    case notEquals(String, String)
    case isIn(String, [String])
    case isNotIn(String, [String])
    case exists(String)
    case doesNotExist(String)
  }

  /// All must hold.
  package var requirements: [Requirement]

  package init(_ requirements: [Requirement] = []) {
    self.requirements = requirements
  }

  package static let everything = LabelSelector()
}

/// Fields that an object must have: `metadata.name=web,status.phase!=Running`.
package struct FieldSelector: Sendable, Hashable {
  package struct Requirement: Sendable, Hashable {
    package var path: String
    package var value: String
    package var isEqual: Bool

    package init(path: String, value: String, isEqual: Bool = true) {
      self.path = path
      self.value = value
      self.isEqual = isEqual
    }
  }

  package var requirements: [Requirement]

  package init(_ requirements: [Requirement] = []) {
    self.requirements = requirements
  }

  package static let everything = FieldSelector()
}
