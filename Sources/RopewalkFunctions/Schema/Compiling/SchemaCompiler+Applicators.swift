import RopewalkCore

extension SchemaCompiler {
  /// The keywords that apply other schemas, to the same value or to those in it.
  mutating func applicators(_ source: SchemaSource, _ dialect: SchemaDialect) throws(FunctionError) -> [SchemaKeyword] {
    var keywords = try memberKeywords(source, dialect)
    keywords += try elementKeywords(source, dialect)
    if let nodes = try children("allOf", source) { keywords.append(.allOf(nodes)) }
    if let nodes = try children("anyOf", source) { keywords.append(.anyOf(nodes)) }
    if let nodes = try children("oneOf", source) { keywords.append(.oneOf(nodes)) }
    if let node = try child("not", source) { keywords.append(.not(node)) }
    let then = try child("then", source)
    let otherwise = try child("else", source)
    if let condition = try child("if", source) { keywords.append(.conditional(if: condition, then: then, else: otherwise)) }
    return keywords
  }

  private mutating func memberKeywords(_ source: SchemaSource, _ dialect: SchemaDialect) throws(FunctionError) -> [SchemaKeyword] {
    var keywords: [SchemaKeyword] = []
    let properties = try members("properties", source)
    let patterns = try members("patternProperties", source)
    let additional = try child("additionalProperties", source)
    if properties != nil || patterns != nil || additional != nil {
      var rules = SchemaMembers(additional: additional)
      for (key, node) in properties ?? [] { rules.properties[ExactText(key)] = node }
      for (pattern, node) in patterns ?? [] {
        rules.patterns.append((try expression(pattern, "patternProperties", source), node))
      }
      keywords.append(.members(rules))
    }
    if let node = try child("propertyNames", source) { keywords.append(.propertyNames(node)) }
    if dialect.draft == .draft2020_12, let schemas = try members("dependentSchemas", source) { keywords.append(.dependentSchemas(schemas)) }
    keywords += try dependencies(source)
    return keywords
  }

  /// Draft 7's `dependencies`, which 2020-12 split in two and still allows.
  private mutating func dependencies(_ source: SchemaSource) throws(FunctionError) -> [SchemaKeyword] {
    guard let value = source.object["dependencies"] else { return [] }
    guard let object = value.object else { throw source.error("dependencies", "must be a map") }
    var required: [(key: String, required: [String])] = []
    var schemas: [(key: String, node: Int)] = []
    for member in object.members {
      if case .array = member.value {
        required.append((member.key, try source.strings(member.value, "dependencies", member: member.key)))
      } else {
        schemas.append((member.key, try index(of: source.location.appending("dependencies", member.key), member.value)))
      }
    }
    return [.dependentRequired(required), .dependentSchemas(schemas)]
  }

  private mutating func elementKeywords(_ source: SchemaSource, _ dialect: SchemaDialect) throws(FunctionError) -> [SchemaKeyword] {
    var keywords: [SchemaKeyword] = []
    switch dialect.draft {
    case .draft7:
      if case .array = source.object["items"] {
        keywords.append(.elements(prefix: try children("items", source) ?? [], rest: try child("additionalItems", source)))
      } else if let items = try child("items", source) {
        keywords.append(.elements(prefix: [], rest: items))
      }
      if let node = try child("contains", source) { keywords.append(.contains(node, minimum: 1, maximum: nil, counts: false)) }
    case .draft2020_12:
      let prefix = try children("prefixItems", source)
      let rest = try child("items", source)
      if prefix != nil || rest != nil { keywords.append(.elements(prefix: prefix ?? [], rest: rest)) }
      if let node = try child("contains", source) {
        let minimum = dialect.hasValidation ? try source.count("minContains") : nil
        let maximum = dialect.hasValidation ? try source.count("maxContains") : nil
        keywords.append(.contains(node, minimum: minimum ?? 1, maximum: maximum, counts: true))
      }
    }
    return keywords
  }
}
