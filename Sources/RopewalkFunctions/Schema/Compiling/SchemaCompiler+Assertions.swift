import RopewalkCore

extension SchemaCompiler {
  /// The keywords that look at a value alone.
  mutating func assertions(_ source: SchemaSource, _ dialect: SchemaDialect) throws(FunctionError) -> [SchemaKeyword] {
    var keywords: [SchemaKeyword] = []
    if let value = source.object["type"] { keywords.append(.type(try types(value, source))) }
    if let value = source.object["const"] { keywords.append(.constant(value)) }
    if let value = source.object["enum"] {
      guard let values = value.array else { throw source.error("enum", "must be a list") }
      keywords.append(.enumeration(enumeration(values)))
    }
    keywords += try numberKeywords(source)
    if let count = try bounds("minLength", "maxLength", source) { keywords.append(.length(minimum: count.minimum, maximum: count.maximum)) }
    if let pattern = try source.string("pattern") { keywords.append(.pattern(try expression(pattern, "pattern", source))) }
    if let count = try bounds("minProperties", "maxProperties", source) {
      keywords.append(.memberCount(minimum: count.minimum, maximum: count.maximum))
    }
    if let required = try source.strings("required") { keywords.append(.required(required)) }
    if dialect.draft == .draft2020_12, let required = try dependentRequired("dependentRequired", source) {
      keywords.append(.dependentRequired(required))
    }
    if let count = try bounds("minItems", "maxItems", source) {
      keywords.append(.elementCount(minimum: count.minimum, maximum: count.maximum))
    }
    if let value = source.object["uniqueItems"] {
      guard let isUnique = value.bool else { throw source.error("uniqueItems", "must be true or false") }
      if isUnique { keywords.append(.uniqueElements) }
    }
    return keywords
  }

  /// `format` and the keywords of content, where they decide validity.
  func textKeywords(_ source: SchemaSource, _ dialect: SchemaDialect) throws(FunctionError) -> [SchemaKeyword] {
    var keywords: [SchemaKeyword] = []
    if options.assertsFormat || dialect.assertsFormat, let format = try source.string("format"),
      let check = StringFormat.check(format, draft: dialect.draft)
    {
      keywords.append(.format(name: format, check: check))
    }
    if options.assertsContent {
      let encoding = try source.string("contentEncoding")
      let mediaType = try source.string("contentMediaType")
      if encoding != nil || mediaType != nil { keywords.append(.content(encoding: encoding, mediaType: mediaType)) }
    }
    return keywords
  }

  private func types(_ value: JSON, _ source: SchemaSource) throws(FunctionError) -> SchemaTypes {
    var types: SchemaTypes = []
    for name in value.array ?? [value] {
      guard let type = name.string.flatMap(SchemaTypes.named) else {
        throw source.error("type", "must be one of null, boolean, integer, number, string, array, object, or a list of them")
      }
      types.insert(type)
    }
    return types
  }

  /// From how many on the strings of an enumeration are hashed.
  private static let hashedEnumerationSize = 8

  private func enumeration(_ values: [JSON]) -> SchemaEnumeration {
    let texts = values.compactMap(\.string)
    guard texts.count >= Self.hashedEnumerationSize else { return SchemaEnumeration(values: values, texts: []) }
    return SchemaEnumeration(values: values.filter { $0.string == nil }, texts: Set(texts.map(ExactText.init)))
  }

  private func numberKeywords(_ source: SchemaSource) throws(FunctionError) -> [SchemaKeyword] {
    var keywords: [SchemaKeyword] = []
    for side in [SchemaBound.Side.minimum, .maximum, .exclusiveMinimum, .exclusiveMaximum] {
      guard let limit = try source.number(side.rawValue) else { continue }
      let bound = SchemaBound(
        side: side,
        limit: ExactDecimal(limit),
        literal: limit.literal,
        integer: Int(limit.literal),
        double: limit.double ?? .nan
      )
      keywords.append(.bound(bound))
    }
    if let divisor = try source.number("multipleOf") {
      let exact = ExactDecimal(divisor)
      guard !exact.isZero, !exact.isNegative else { throw source.error("multipleOf", "must be greater than 0") }
      keywords.append(.multipleOf(exact))
    }
    return keywords
  }

  private func bounds(
    _ minimum: String,
    _ maximum: String,
    _ source: SchemaSource
  ) throws(FunctionError) -> (minimum: Int?, maximum: Int?)? {
    let bounds = (minimum: try source.count(minimum), maximum: try source.count(maximum))
    return bounds.minimum == nil && bounds.maximum == nil ? nil : bounds
  }

  func dependentRequired(_ keyword: String, _ source: SchemaSource) throws(FunctionError) -> [(key: String, required: [String])]? {
    guard let value = source.object[keyword] else { return nil }
    guard let object = value.object else { throw source.error(keyword, "must be a map") }
    var dependencies: [(key: String, required: [String])] = []
    for member in object.members { dependencies.append((member.key, try source.strings(member.value, keyword, member: member.key))) }
    return dependencies
  }
}
