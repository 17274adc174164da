import RopewalkCore
import RopewalkResources

/// One request of a controller's, understood.
struct ClientRequest: Sendable {
  var verb: ControllerGrants.Verb
  var type: ResourceType
  /// The name is empty for `list`, and for objects that get one made.
  var key: ResourceKey
  /// Of `create`, `update` and `status`.
  var object: Resource?
  /// The rest of the request, for what only one verb has.
  var rest: JSON

  /// - Throws: `client.invalid`.
  init(_ json: JSON, types: any ResourceClient) throws(RopewalkError) {
    guard case .object = json else { throw Self.invalid("a request is a map with a verb; found \(json.typeName)") }
    guard let word = json["verb"]?.string, let verb = ControllerGrants.Verb(rawValue: word) else {
      let known = ControllerGrants.Verb.allCases.map(\.rawValue).joined(separator: ", ")
      throw Self.invalid("verb: found \(json["verb"]?.text() ?? "none") where one of \(known) should be")
    }
    self.verb = verb
    self.rest = json
    var reference = json
    switch verb {
    case .create, .update, .status:
      guard let document = json["object"] else { throw Self.invalid("object: missing in a request to \(word)") }
      reference = document
      object = try Resource(json: document)
    case .event:
      guard let document = json["about"] else { throw Self.invalid("about: missing; it names the object of the event") }
      reference = document
    case .get, .list, .patch, .delete: break
    }
    guard let apiVersion = reference["apiVersion"]?.string, let kind = reference["kind"]?.string else {
      throw Self.invalid("apiVersion and kind are missing in a request to \(word)")
    }
    guard let type = types.type(apiVersion: apiVersion, kind: kind) else {
      throw Self.invalid("there is no kind '\(kind)' of \(apiVersion)")
    }
    self.type = type
    let place = reference["metadata"]?.object == nil ? reference : reference["metadata"]!
    let namespace = place["namespace"]?.string ?? ""
    let name = place["name"]?.string ?? ""
    key = ResourceKey(type.collection, namespace: type.isNamespaced ? namespace : "", name: name)
    guard !name.isEmpty || verb == .list || verb == .create else { throw Self.invalid("name: missing in a request to \(word)") }
    guard !type.isNamespaced || !namespace.isEmpty || verb == .list else {
      throw Self.invalid("namespace: missing, and \(type.plural) have one")
    }
  }

  static func invalid(_ message: String) -> RopewalkError { RopewalkError(.clientInvalid, message) }
}

extension ClientRequest {
  /// The request as rules of access name it: the verb and what it is done to. An event is an object of its own.
  var question: (verb: String, target: ResourceTarget) {
    switch verb {
    case .get, .list, .create, .update, .patch, .delete: (verb.rawValue, target())
    case .status: ("update", target("status"))
    case .event: ("create", ResourceTarget(group: "", resource: "events", namespace: key.namespace.isEmpty ? "default" : key.namespace))
    }
  }

  private func target(_ subresource: String = "") -> ResourceTarget {
    ResourceTarget(
      group: type.group,
      resource: type.plural,
      subresource: subresource,
      namespace: key.namespace,
      name: key.name
    )
  }
}
