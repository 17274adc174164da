import RopewalkCore

/// Where a subschema is: a resource, and the way from its root.
struct SchemaLocation: Hashable {
  var resource: Int
  var tokens: [String] = []

  func appending(_ tokens: String...) -> SchemaLocation {
    SchemaLocation(resource: resource, tokens: self.tokens + tokens)
  }
}

/// A schema with an identifier of its own: a document, or a subschema with `$id`.
struct SchemaResource {
  var uri: String
  var root: JSON
  var dialect: SchemaDialect
  /// `$anchor` and, in draft 7, `$id` of the form `#name`, by name. Dynamic anchors are among them.
  var anchors: [String: [String]] = [:]
  var dynamicAnchors: [String: [String]] = [:]
}

/// All resources that a schema consists of or refers to, loaded as they are asked for.
struct SchemaRegistry {
  private(set) var resources: [SchemaResource] = []
  private var resourcesByURI: [String: Int] = [:]
  /// Resources within resources.
  private var embedded: [SchemaLocation: Int] = [:]
  private var dialects: [String: SchemaDialect] = [:]
  private var documentCount = 0
  private let options: SchemaOptions
  private(set) var allowance: WorkAllowance

  init(options: SchemaOptions, within allowance: WorkAllowance) {
    self.options = options
    self.allowance = allowance
  }

  /// Takes steps of compiling.
  mutating func spend(_ steps: Int) throws(FunctionError) {
    do throws(WorkLimit) {
      try allowance.spend(steps)
    } catch {
      throw FunctionError(error, .schemaLimit)
    }
  }

  /// Steps that a subschema takes, or a reference to one.
  static let stepsPerSubschema = 64

  /// Adds a document; its own `$id` counts over `uri`.
  @discardableResult mutating func add(_ document: JSON, uri: String) throws(FunctionError) -> Int {
    documentCount += 1
    guard documentCount <= options.limits.maxDocuments else {
      throw FunctionError(.schemaLimit, "the schema refers to more than \(options.limits.maxDocuments) documents")
    }
    let dialect = try dialect(of: document, otherwise: SchemaDialect(options.defaultDraft))
    let base = identifier(of: document, dialect).map { SchemaURI.resolve($0, from: uri) } ?? uri
    let index = append(SchemaResource(uri: base, root: document, dialect: dialect))
    if resourcesByURI[uri] == nil { resourcesByURI[uri] = index }
    try scan(document, at: SchemaLocation(resource: index))
    return index
  }

  /// The subschema that a `$ref` within a resource leads to, and its value.
  mutating func resolve(_ reference: String, from resource: Int) throws(FunctionError) -> (location: SchemaLocation, value: JSON) {
    try spend(Self.stepsPerSubschema + reference.utf8.count)
    let (uri, fragment) = SchemaURI.split(reference)
    let target = uri.isEmpty ? resource : try load(SchemaURI.resolve(uri, from: resources[resource].uri))
    let (location, value) = try find(fragment ?? "", in: target, reference)
    return (location, value)
  }

  private mutating func load(_ uri: String) throws(FunctionError) -> Int {
    if let index = resourcesByURI[uri] { return index }
    guard let document = MetaSchemas.document(uri) ?? options.documents(uri) else {
      throw FunctionError(
        .schemaInvalid,
        "the schema refers to \(uri.prefix(200)), which is not at hand; nothing is fetched, so put it under $defs"
      )
    }
    return try add(document, uri: uri)
  }

  private func find(_ fragment: String, in resource: Int, _ reference: String) throws(FunctionError) -> (SchemaLocation, JSON) {
    guard let decoded = PercentEncoding.decode(fragment) else { throw unresolved(reference) }
    guard decoded.isEmpty || decoded.hasPrefix("/") else {
      guard let tokens = resources[resource].anchors[decoded] else { throw unresolved(reference) }
      return try follow(tokens, from: resource, reference)
    }
    guard let pointer = JSONPointer(decoded) else { throw unresolved(reference) }
    return try follow(pointer.tokens, from: resource, reference)
  }

  /// Walks from a resource's root, changing over to embedded resources on the way.
  private func follow(_ tokens: [String], from resource: Int, _ reference: String) throws(FunctionError) -> (SchemaLocation, JSON) {
    var location = SchemaLocation(resource: resource)
    var value = resources[resource].root
    for token in tokens {
      guard let next = value[JSONPointer(tokens: [token])] else { throw unresolved(reference) }
      value = next
      location = normalised(location.appending(token))
    }
    return (location, value)
  }

  /// The location with an embedded resource's own root instead of the way to it.
  func normalised(_ location: SchemaLocation) -> SchemaLocation {
    embedded[location].map { SchemaLocation(resource: $0) } ?? location
  }

  private func unresolved(_ reference: String) -> FunctionError {
    FunctionError(.schemaInvalid, "the reference '\(reference.prefix(200))' leads nowhere")
  }

  private mutating func append(_ resource: SchemaResource) -> Int {
    resources.append(resource)
    let index = resources.count - 1
    if resourcesByURI[resource.uri] == nil { resourcesByURI[resource.uri] = index }
    return index
  }

  /// Notes the identifiers and anchors of a schema and of those below it.
  private mutating func scan(_ schema: JSON, at location: SchemaLocation) throws(FunctionError) {
    guard case .object(let object) = schema else { return }
    try spend(Self.stepsPerSubschema + object.count)
    var location = location
    let parent = resources[location.resource]
    if !location.tokens.isEmpty, let id = identifier(of: schema, parent.dialect) {
      let dialect = try dialect(of: schema, otherwise: parent.dialect)
      let index = append(SchemaResource(uri: SchemaURI.resolve(id, from: parent.uri), root: schema, dialect: dialect))
      embedded[location] = index
      location = SchemaLocation(resource: index)
    }
    noteAnchors(of: object, at: location)
    let dialect = resources[location.resource].dialect
    for keyword in dialect.schemaKeywords {
      if let child = object[keyword] { try scan(child, at: location.appending(keyword)) }
    }
    for keyword in dialect.listKeywords {
      for (index, child) in (object[keyword]?.array ?? []).enumerated() { try scan(child, at: location.appending(keyword, String(index))) }
    }
    for keyword in dialect.mapKeywords {
      for member in object[keyword]?.object?.members ?? [] { try scan(member.value, at: location.appending(keyword, member.key)) }
    }
  }

  private mutating func noteAnchors(of object: JSONObject, at location: SchemaLocation) {
    switch resources[location.resource].dialect.draft {
    case .draft7:
      guard object["$ref"] == nil, let id = object["$id"]?.string, id.hasPrefix("#"), id.utf8.count > 1 else { return }
      resources[location.resource].anchors[String(id.dropFirst())] = location.tokens
    case .draft2020_12:
      if let anchor = object["$anchor"]?.string { resources[location.resource].anchors[anchor] = location.tokens }
      if let anchor = object["$dynamicAnchor"]?.string {
        resources[location.resource].anchors[anchor] = location.tokens
        resources[location.resource].dynamicAnchors[anchor] = location.tokens
      }
    }
  }

  /// A schema's `$id` without its fragment; nil where it has none that makes it a resource.
  private func identifier(of schema: JSON, _ dialect: SchemaDialect) -> String? {
    guard let id = schema["$id"]?.string, dialect.draft != .draft7 || schema["$ref"] == nil else { return nil }
    let uri = SchemaURI.split(id).uri
    return uri.isEmpty ? nil : uri
  }

  private mutating func dialect(of schema: JSON, otherwise inherited: SchemaDialect) throws(FunctionError) -> SchemaDialect {
    guard let uri = schema["$schema"]?.string else { return inherited }
    if let known = SchemaDialect.named(uri) ?? dialects[uri] { return known }
    guard let metaSchema = options.documents(SchemaURI.split(uri).uri) else {
      throw FunctionError(.schemaInvalid, "$schema names \(uri.prefix(200)), which is not known; drafts 7 and 2020-12 are")
    }
    let dialect = try metaSchema["$vocabulary"]?.object.map { (names) throws(FunctionError) in try SchemaDialect(vocabularies: names) }
    dialects[uri] = dialect ?? .draft2020_12
    return dialect ?? .draft2020_12
  }
}
