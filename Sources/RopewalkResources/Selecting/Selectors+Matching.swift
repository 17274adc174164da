import RopewalkCore

extension LabelSelector {
  package func matches(_ labels: [String: String]) -> Bool {
    requirements.allSatisfy { requirement in
      switch requirement {
      case .equals(let key, let value): labels[key] == value
      case .notEquals(let key, let value): labels[key] != value
      case .isIn(let key, let values): labels[key].map(values.contains) ?? false
      case .isNotIn(let key, let values): labels[key].map { !values.contains($0) } ?? true
      case .exists(let key): labels[key] != nil
      case .doesNotExist(let key): labels[key] == nil
      }
    }
  }
}

extension FieldSelector {
  /// A field that is not there counts as empty, as in Kubernetes; numbers and booleans compare as they are written.
  package func matches(_ resource: Resource) -> Bool {
    requirements.allSatisfy { (Self.value(at: $0.path, of: resource) == $0.value) == $0.isEqual }
  }

  private static func value(at path: String, of resource: Resource) -> String {
    switch path {
    case "metadata.name": return resource.metadata.name
    case "metadata.namespace": return resource.metadata.namespace
    case "metadata.uid": return resource.metadata.uid
    default: break
    }
    var value: JSON? = .object(resource.fields)
    for key in path.split(separator: ".") { value = value?[String(key)] }
    switch value {
    case .string(let text): return text
    case .number(let number): return number.literal
    case .bool(let flag): return flag ? "true" : "false"
    default: return ""
    }
  }
}

extension ResourceQuery {
  /// Whether every object of the collection is meant.
  package var isUnfiltered: Bool { labels.requirements.isEmpty && fields.requirements.isEmpty }

  /// Whether an object of the query's collection is meant.
  package func matches(_ resource: Resource) -> Bool {
    (namespace == nil || namespace == resource.metadata.namespace) && labels.matches(resource.metadata.labels) && fields.matches(resource)
  }
}
