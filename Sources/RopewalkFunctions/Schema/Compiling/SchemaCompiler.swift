import RopewalkCore

/// Turns schemas into a ``SchemaProgram``.
///
/// Subschemas are compiled from a list of what is still to do, not by recursion, each once however often it is
/// referred to.
struct SchemaCompiler {
  var program = SchemaProgram()
  var registry: SchemaRegistry
  let options: SchemaOptions
  private var indexes: [SchemaLocation: Int] = [:]
  private var pending: [(index: Int, location: SchemaLocation, value: JSON)] = []
  /// The anchors that some `$dynamicRef` asks for.
  private var dynamicNames: Set<String> = []
  private var locationBytes = 0
  private var patternInstructions = 0

  static func compile(
    _ schema: JSON,
    options: SchemaOptions,
    within allowance: inout WorkAllowance
  ) throws(FunctionError) -> SchemaProgram {
    var compiler = SchemaCompiler(options: options, within: allowance)
    defer { allowance = compiler.registry.allowance }
    let resource = try compiler.registry.add(schema, uri: SchemaURI.unnamed)
    compiler.program.root = try compiler.index(of: SchemaLocation(resource: resource), schema)
    try compiler.compilePending()
    return compiler.program
  }

  private init(options: SchemaOptions, within allowance: WorkAllowance) {
    self.options = options
    registry = SchemaRegistry(options: options, within: allowance)
  }

  private mutating func compilePending() throws(FunctionError) {
    repeat {
      while let next = pending.popLast() { try compile(next.index, next.location, next.value) }
      try addDynamicAnchors()
    } while !pending.isEmpty
  }

  /// The node of a subschema, which is compiled later where it is new.
  mutating func index(of location: SchemaLocation, _ value: JSON) throws(FunctionError) -> Int {
    try registry.spend(location.tokens.reduce(1) { $0 + 1 + $1.utf8.count / SchemaEvaluation.bytesPerStep })
    let location = registry.normalised(location)
    if let index = indexes[location] { return index }
    guard program.nodes.count < options.limits.maxSubschemas else {
      throw FunctionError(.schemaLimit, "the schema has more than \(options.limits.maxSubschemas) subschemas")
    }
    let name = name(of: location)
    locationBytes += name.utf8.count
    guard locationBytes <= options.limits.maxLocationBytes else {
      throw FunctionError(.schemaLimit, "the places of the schema's subschemas have more than \(options.limits.maxLocationBytes) bytes")
    }
    program.nodes.append(SchemaNode(location: name, resource: location.resource))
    let index = program.nodes.count - 1
    indexes[location] = index
    pending.append((index, location, value))
    return index
  }

  private func name(of location: SchemaLocation) -> String {
    let pointer = JSONPointer(tokens: location.tokens).description
    return location.resource == 0 ? pointer : registry.resources[location.resource].uri + "#" + pointer
  }

  /// Makes every anchor that a `$dynamicRef` may find at run time.
  private mutating func addDynamicAnchors() throws(FunctionError) {
    for (index, resource) in registry.resources.enumerated() {
      if program.dynamicAnchors.count <= index { program.dynamicAnchors.append([:]) }
      for (name, tokens) in resource.dynamicAnchors where dynamicNames.contains(name) && program.dynamicAnchors[index][name] == nil {
        guard let value = resource.root[JSONPointer(tokens: tokens)] else { continue }
        program.dynamicAnchors[index][name] = try self.index(of: SchemaLocation(resource: index, tokens: tokens), value)
      }
    }
  }

  private mutating func compile(_ index: Int, _ location: SchemaLocation, _ value: JSON) throws(FunctionError) {
    switch value {
    case .bool(let accepts): program.nodes[index].isFalse = !accepts
    case .object(let object):
      try registry.spend(SchemaRegistry.stepsPerSubschema + object.count)
      let keywords = try keywords(SchemaSource(object: object, location: location, name: program.nodes[index].location))
      program.nodes[index].keywords = keywords
      program.nodes[index].needsEvaluatedPlaces = keywords.contains {
        switch $0 {
        case .unevaluatedMembers, .unevaluatedElements: true
        default: false
        }
      }
    default:
      throw FunctionError(
        .schemaInvalid,
        "a schema must be a map or a boolean, not \(value.typeName) (at \(program.nodes[index].location))"
      )
    }
  }

  private mutating func keywords(_ source: SchemaSource) throws(FunctionError) -> [SchemaKeyword] {
    let dialect = registry.resources[source.location.resource].dialect
    if dialect.draft == .draft7, let reference = try source.string("$ref") {
      return [.reference(try resolve(reference, from: source))]
    }
    var keywords: [SchemaKeyword] = []
    if dialect.hasValidation { keywords += try assertions(source, dialect) }
    keywords += try textKeywords(source, dialect)
    keywords += try references(source)
    if dialect.hasApplicators { keywords += try applicators(source, dialect) }
    if dialect.hasUnevaluated, dialect.draft == .draft2020_12 {
      if let node = try child("unevaluatedProperties", source) { keywords.append(.unevaluatedMembers(node)) }
      if let node = try child("unevaluatedItems", source) { keywords.append(.unevaluatedElements(node)) }
    }
    return keywords
  }

  private mutating func references(_ source: SchemaSource) throws(FunctionError) -> [SchemaKeyword] {
    var keywords: [SchemaKeyword] = []
    if let reference = try source.string("$ref") { keywords.append(.reference(try resolve(reference, from: source))) }
    if let reference = try source.string("$dynamicRef") {
      let (location, value) = try registry.resolve(reference, from: source.location.resource)
      let node = try index(of: location, value)
      let name = SchemaURI.split(reference).fragment ?? ""
      // Only where the reference finds a dynamic anchor to begin with does it look for outer ones.
      if registry.resources[location.resource].dynamicAnchors[name] == location.tokens {
        dynamicNames.insert(name)
        keywords.append(.dynamicReference(node, anchor: name))
      } else {
        keywords.append(.reference(node))
      }
    }
    return keywords
  }

  private mutating func resolve(_ reference: String, from source: SchemaSource) throws(FunctionError) -> Int {
    let (location, value) = try registry.resolve(reference, from: source.location.resource)
    return try index(of: location, value)
  }

  /// Steps that compiling takes for a byte of a pattern and for an instruction of its compiled form.
  private static let stepsPerPatternByte = 16
  private static let stepsPerInstruction = 4

  /// Compiles a pattern. A short one can become large, and a schema can have many.
  mutating func expression(_ pattern: String, _ keyword: String, _ source: SchemaSource) throws(FunctionError) -> RegularExpression {
    let expression = try source.expression(pattern, keyword)
    patternInstructions += expression.instructionCount
    guard patternInstructions <= options.limits.maxPatternInstructions else {
      throw FunctionError(
        .schemaLimit,
        "the patterns of the schema need more than \(options.limits.maxPatternInstructions) instructions together"
      )
    }
    try registry.spend(Self.stepsPerPatternByte * pattern.utf8.count + Self.stepsPerInstruction * expression.instructionCount)
    return expression
  }

  /// The node of a keyword whose value is a schema.
  mutating func child(_ keyword: String, _ source: SchemaSource) throws(FunctionError) -> Int? {
    guard let value = source.object[keyword] else { return nil }
    return try index(of: source.location.appending(keyword), value)
  }

  /// The nodes of a keyword whose value is a list of schemas.
  mutating func children(_ keyword: String, _ source: SchemaSource) throws(FunctionError) -> [Int]? {
    guard let value = source.object[keyword] else { return nil }
    guard let elements = value.array else { throw source.error(keyword, "must be a list of schemas") }
    var nodes: [Int] = []
    for (place, element) in elements.enumerated() {
      nodes.append(try index(of: source.location.appending(keyword, String(place)), element))
    }
    return nodes
  }

  /// The nodes of a keyword whose value is a map of schemas.
  mutating func members(_ keyword: String, _ source: SchemaSource) throws(FunctionError) -> [(key: String, node: Int)]? {
    guard let value = source.object[keyword] else { return nil }
    guard let object = value.object else { throw source.error(keyword, "must be a map of schemas") }
    var nodes: [(key: String, node: Int)] = []
    for member in object.members {
      nodes.append((member.key, try index(of: source.location.appending(keyword, member.key), member.value)))
    }
    return nodes
  }
}
