package import RopewalkResources

extension ControllerGrants {
  /// Why a request is not granted; nil when it is.
  func refusal(of request: ClientRequest, _ capabilities: Set<ControllerCapability>) -> String? {
    let resource = request.verb == .event ? "events" : request.key.collection.description
    guard verbs.contains(request.verb) else {
      return "may not \(request.verb.rawValue): add it to allowedVerbs (allowed: \(listed(verbs.map(\.rawValue))))"
    }
    guard request.verb == .event ? allows(ResourceCollection(group: "", plural: "events")) : allows(request.key.collection) else {
      return "may not reach \(resource): add it to allowedResources (allowed: \(listed(resources)))"
    }
    if let refusal = namespaceRefusal(request) { return refusal }
    guard request.verb != .status || capabilities.contains(.statusUpdate) else {
      return "may not write status: add status_update to its capabilities"
    }
    return nil
  }

  package func allows(_ collection: ResourceCollection) -> Bool {
    resources.contains { $0 == "*" || $0 == collection.plural || $0 == collection.description }
  }

  private func namespaceRefusal(_ request: ClientRequest) -> String? {
    guard let namespaces, request.type.isNamespaced else { return nil }
    let namespace = request.key.namespace
    guard !namespace.isEmpty else {
      return "may not \(request.verb.rawValue) in all namespaces: name one of \(listed(namespaces))"
    }
    guard namespaces.contains(namespace) else {
      return "may not reach the namespace '\(namespace)': add it to allowedNamespaces (allowed: \(listed(namespaces)))"
    }
    return nil
  }

  private func listed(_ words: [String]) -> String { words.isEmpty ? "none" : words.sorted().joined(separator: ", ") }

  /// What a controller gets that declares no `security`: its own kinds and events, in every namespace, and no deleting.
  package static func ownKinds(_ kinds: [ResourceCollection]) -> ControllerGrants {
    ControllerGrants(resources: kinds.map(\.description) + ["events"], verbs: Set(Verb.allCases).subtracting([.delete]))
  }
}
