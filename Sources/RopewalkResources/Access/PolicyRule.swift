package import RopewalkCore

/// What a role grants, in the form of Kubernetes' `rbac.authorization.k8s.io/v1`.
package struct PolicyRule: Sendable, Hashable {
  package var verbs: [String] = []
  package var apiGroups: [String] = []
  /// `integrations`, `integrations/status`, `*/status`, `*`.
  package var resources: [String] = []
  /// Empty for every name.
  package var resourceNames: [String] = []
  /// `/metrics`, `/debug/*`, `*`.
  package var nonResourceURLs: [String] = []

  package init(
    verbs: [String],
    apiGroups: [String] = [],
    resources: [String] = [],
    resourceNames: [String] = [],
    nonResourceURLs: [String] = []
  ) {
    self.verbs = verbs
    self.apiGroups = apiGroups
    self.resources = resources
    self.resourceNames = resourceNames
    self.nonResourceURLs = nonResourceURLs
  }

  /// Reads one of a role's `rules`; what is not a list of texts grants nothing.
  package init(json: JSON) {
    func texts(_ key: String) -> [String] { json[key]?.array?.compactMap(\.string) ?? [] }
    self.init(
      verbs: texts("verbs"),
      apiGroups: texts("apiGroups"),
      resources: texts("resources"),
      resourceNames: texts("resourceNames"),
      nonResourceURLs: texts("nonResourceURLs")
    )
  }

  package var json: JSON {
    var object = JSONObject()
    func add(_ key: String, _ texts: [String]) {
      if !texts.isEmpty { object[key] = .array(texts.map { .string($0) }) }
    }
    add("verbs", verbs)
    add("apiGroups", apiGroups)
    add("resources", resources)
    add("resourceNames", resourceNames)
    add("nonResourceURLs", nonResourceURLs)
    return .object(object)
  }

  package func allows(_ question: AccessQuestion) -> Bool {
    guard Self.has(verbs, question.verb) else { return false }
    switch question.target {
    case .path(let path): return nonResourceURLs.contains { Self.matches(pattern: $0, path: path) }
    case .resource(let target):
      return Self.has(apiGroups, target.group) && resources.contains { Self.matches(pattern: $0, target) }
        && (resourceNames.isEmpty || !target.name.isEmpty && resourceNames.contains(target.name))
    }
  }

  private static func has(_ granted: [String], _ wanted: String) -> Bool {
    granted.contains { $0 == "*" || $0 == wanted }
  }

  private static func matches(pattern: String, _ target: ResourceTarget) -> Bool {
    if pattern == "*" || pattern == target.path { return true }
    return !target.subresource.isEmpty && pattern == "*/\(target.subresource)"
  }

  private static func matches(pattern: String, path: String) -> Bool {
    pattern == "*" || pattern == path || pattern.hasSuffix("*") && path.hasPrefix(pattern.dropLast())
  }
}

extension PolicyRule {
  /// Whether these rules together grant everything that `self` grants: who lacks it must not hand it on.
  package func isCovered(by owned: [PolicyRule]) -> Bool {
    singles.allSatisfy { single in owned.contains { $0.grants(single) } }
  }

  /// The rule taken apart into rules of one verb on one thing.
  private var singles: [PolicyRule] {
    verbs.flatMap { verb in
      let paths = nonResourceURLs.map { PolicyRule(verbs: [verb], nonResourceURLs: [$0]) }
      let objects = apiGroups.flatMap { group in
        resources.flatMap { resource in
          let names = resourceNames.isEmpty ? [[]] : resourceNames.map { [$0] }
          return names.map { PolicyRule(verbs: [verb], apiGroups: [group], resources: [resource], resourceNames: $0) }
        }
      }
      return paths + objects
    }
  }

  private func grants(_ single: PolicyRule) -> Bool {
    guard let verb = single.verbs.first, Self.has(verbs, verb) else { return false }
    if let path = single.nonResourceURLs.first {
      return nonResourceURLs.contains { Self.matches(pattern: $0, path: path) }
    }
    guard let group = single.apiGroups.first, let resource = single.resources.first else { return true }
    let isResourceGranted = resources.contains {
      $0 == "*" || $0 == resource || $0.hasPrefix("*/") && !resource.hasPrefix("*") && resource.hasSuffix($0.dropFirst())
    }
    let areNamesGranted = resourceNames.isEmpty || single.resourceNames.first.map(resourceNames.contains) ?? false
    return Self.has(apiGroups, group) && isResourceGranted && areNamesGranted
  }
}
