import HTTPTypes
import RopewalkCore
import RopewalkResources

/// One request about objects of a kind that there is.
struct ObjectCall: Sendable {
  var request: APIRequest
  var path: APIPath
  var verb: APIVerb
  var type: ResourceType

  /// - Throws: 404 where the path does not fit the kind.
  init(_ request: APIRequest, _ path: APIPath, _ verb: APIVerb, _ type: ResourceType) throws(StatusError) {
    let isCollection = path.name == nil
    guard type.isNamespaced || path.namespace == nil else { throw .noSuchPath }
    guard !type.isNamespaced || path.namespace != nil || isCollection && [.list, .watch].contains(verb) else { throw .noSuchPath }
    if let subresource = path.subresource {
      guard subresource == "status", type.hasStatus else { throw .noSuchPath }
      guard [.get, .update, .patch].contains(verb) else { throw .methodNotAllowed(request.method.rawValue) }
    }
    self.request = request
    self.path = path
    self.verb = verb
    self.type = type
  }

  var namespace: String { path.namespace ?? "" }
  var name: String { path.name ?? "" }
  var part: ResourcePart { path.subresource == "status" ? .status : .main }
  var key: ResourceKey { ResourceKey(type.collection, namespace: namespace, name: name) }

  var target: ResourceTarget { path.target(request.query, verb) }

  /// The object in the version that is asked for: versions differ in name only.
  func served(_ object: Resource) -> Resource {
    var object = object
    object.apiVersion = type.apiVersion
    return object
  }

  /// How the writes are to be made.
  /// - Parameter warnings: hears of what is questionable.
  func writeOptions(_ warnings: WarningList) throws(StatusError) -> WriteOptions {
    var options = WriteOptions()
    options.isDryRun = try isDryRun
    options.fieldValidation = try fieldValidation
    options.fieldManager = request.query["fieldManager"] ?? ""
    options.subject = request.subject
    options.onWarning = { warnings.add($0) }
    return options
  }

  var isDryRun: Bool {
    get throws(StatusError) {
      switch request.query["dryRun"] {
      case nil: return false
      case "All": return true
      case .some: throw .badRequest("dryRun is All or left out")
      }
    }
  }

  /// Kubernetes warns where a client does not say.
  var fieldValidation: FieldValidation {
    get throws(StatusError) {
      guard let text = request.query["fieldValidation"] else { return .warn }
      guard let validation = FieldValidation(rawValue: text) else { throw .badRequest("fieldValidation is Strict, Warn or Ignore") }
      return validation
    }
  }

  /// Which objects a list, a watch or the deletion of a collection is about.
  func query(limit: Int?) throws -> ResourceQuery {
    var fields = try FieldSelector(parsing: request.query["fieldSelector"] ?? "")
    if let name = path.name { fields.requirements.append(FieldSelector.Requirement(path: "metadata.name", value: name)) }
    return ResourceQuery(
      type.collection,
      namespace: path.namespace,
      labels: try LabelSelector(parsing: request.query["labelSelector"] ?? ""),
      fields: fields,
      limit: limit,
      continue: request.query["continue"]
    )
  }
}

extension APIPath {
  /// What the rules of access are asked about. A list of one name is about that name, as in Kubernetes.
  func target(_ query: QueryParameters, _ verb: APIVerb) -> ResourceTarget {
    let selects = [.list, .watch, .deletecollection].contains(verb)
    return ResourceTarget(
      group: group,
      resource: plural,
      subresource: subresource ?? "",
      namespace: namespace ?? (plural == "namespaces" && group.isEmpty ? name ?? "" : ""),
      name: name ?? (selects ? Self.selectedName(query["fieldSelector"]) : "")
    )
  }

  private static func selectedName(_ selector: String?) -> String {
    guard let selector, let fields = try? FieldSelector(parsing: selector) else { return "" }
    return fields.requirements.first { $0.path == "metadata.name" && $0.isEqual }?.value ?? ""
  }
}
