import RopewalkCore
import RopewalkFunctions

extension SchemaNode {
  /// Adds what is wrong with a value.
  func check(_ value: JSON, path: String, problems: inout [InvalidField]) {
    guard problems.count < StructuralSchema.maxProblems else { return }
    if value == .null, isNullable { return }
    guard hasRightType(value) else {
      let expected = isIntOrString ? "integer or string" : type?.rawValue ?? "value"
      problems.append(InvalidField(path, .typeInvalid, "Invalid value: \"\(value.openAPIType)\": must be of type \(expected)"))
      return
    }
    if let allowed, !allowed.contains(where: { $0.isSameValue(as: value) }) {
      let listed = allowed.map { $0.text() }.joined(separator: ", ")
      problems.append(InvalidField(path, .notSupported, "Unsupported value: \(value.shown): supported values: \(listed)"))
    }
    switch value {
    case .object(let object): check(object, path, &problems)
    case .array(let elements): check(elements, path, &problems)
    case .string(let text): check(text, path, &problems)
    case .number(let number): check(number, path, &problems)
    case .null, .bool: break
    }
    checkLogic(value, path, &problems)
  }

  private func hasRightType(_ value: JSON) -> Bool {
    if isIntOrString { return value.string != nil || value.isInteger }
    return switch type {
    case nil: true
    case .object: value.object != nil
    case .array: value.array != nil
    case .string: value.string != nil
    case .boolean: value.bool != nil
    case .number: if case .number = value { true } else { false }
    case .integer: value.isInteger
    }
  }

  private func check(_ object: JSONObject, _ path: String, _ problems: inout [InvalidField]) {
    for key in required where object[key] == nil { problems.append(InvalidField(Self.join(path, key), .required, "Required value")) }
    for member in object.members {
      if let property = properties[member.key] {
        property.check(member.value, path: Self.join(path, member.key), problems: &problems)
      } else if case .schema(let schema) = additional {
        schema.check(member.value, path: Self.join(path, member.key), problems: &problems)
      }
    }
    if let propertyCounts { checkCount(object.count, propertyCounts, "entries", path, &problems) }
  }

  private func check(_ elements: [JSON], _ path: String, _ problems: inout [InvalidField]) {
    if let items {
      for (index, element) in elements.enumerated() { items.check(element, path: "\(path)[\(index)]", problems: &problems) }
    }
    if let itemCounts { checkCount(elements.count, itemCounts, "items", path, &problems) }
    var seen: Set<JSON> = []
    for (index, element) in elements.enumerated() where itemsAreUnique || !listMapKeys.isEmpty {
      let identity = listMapKeys.isEmpty ? element : .array(listMapKeys.map { element[$0] ?? .null })
      if !seen.insert(identity).inserted { problems.append(InvalidField("\(path)[\(index)]", .duplicate, "Duplicate value")) }
    }
  }

  private func check(_ text: String, _ path: String, _ problems: inout [InvalidField]) {
    if let lengths { checkCount(text.unicodeScalars.count, lengths, "characters", path, &problems) }
    if let pattern, (try? pattern.expression.matches(text)) != true {
      problems.append(InvalidField(path, .invalid, "Invalid value: must match '\(pattern.text)'"))
    }
    if let format, !SchemaFormat.accepts(text, as: format) {
      problems.append(InvalidField(path, .invalid, "Invalid value: must be of the format \(format)"))
    }
  }

  private func check(_ number: JSONNumber, _ path: String, _ problems: inout [InvalidField]) {
    guard let value = number.double else { return }
    if let minimum, isMinimumExclusive ? value <= minimum : value < minimum {
      let words = isMinimumExclusive ? "greater than" : "greater than or equal to"
      problems.append(
        InvalidField(path, .invalid, "Invalid value: \(number.literal.prefix(40)): must be \(words) \(JSONNumber(minimum)?.literal ?? "")")
      )
    }
    if let maximum, isMaximumExclusive ? value >= maximum : value > maximum {
      let words = isMaximumExclusive ? "less than" : "less than or equal to"
      problems.append(
        InvalidField(path, .invalid, "Invalid value: \(number.literal.prefix(40)): must be \(words) \(JSONNumber(maximum)?.literal ?? "")")
      )
    }
    if let multipleOf, (value / multipleOf).rounded() * multipleOf != value {
      problems.append(InvalidField(path, .invalid, "Invalid value: must be a multiple of \(JSONNumber(multipleOf)?.literal ?? "")"))
    }
  }

  private func checkCount(_ count: Int, _ range: ClosedRange<Int>, _ what: String, _ path: String, _ problems: inout [InvalidField]) {
    if count < range.lowerBound {
      problems.append(InvalidField(path, .invalid, "Invalid value: must have at least \(range.lowerBound) \(what)"))
    } else if count > range.upperBound {
      problems.append(InvalidField(path, what == "characters" ? .tooLong : .tooMany, "must have at most \(range.upperBound) \(what)"))
    }
  }

  private func checkLogic(_ value: JSON, _ path: String, _ problems: inout [InvalidField]) {
    for schema in allOf { schema.check(value, path: path, problems: &problems) }
    if !anyOf.isEmpty, !anyOf.contains(where: { $0.accepts(value) }) {
      problems.append(InvalidField(path, .invalid, "Invalid value: must validate at least one schema (anyOf)"))
    }
    if !oneOf.isEmpty, oneOf.count(where: { $0.accepts(value) }) != 1 {
      problems.append(InvalidField(path, .invalid, "Invalid value: must validate one and only one schema (oneOf)"))
    }
    if let not, not.accepts(value) { problems.append(InvalidField(path, .invalid, "Invalid value: must not validate the schema (not)")) }
  }

  private func accepts(_ value: JSON) -> Bool {
    var problems: [InvalidField] = []
    check(value, path: "", problems: &problems)
    return problems.isEmpty
  }

  private static func join(_ path: String, _ key: String) -> String { path.isEmpty ? key : "\(path).\(key)" }
}

extension JSON {
  /// The type as OpenAPI names it.
  fileprivate var openAPIType: String {
    switch self {
    case .null: "null"
    case .bool: "boolean"
    case .number: isInteger ? "integer" : "number"
    case .string: "string"
    case .array: "array"
    case .object: "object"
    }
  }

  fileprivate var isInteger: Bool {
    guard case .number(let number) = self else { return false }
    return number.int != nil || number.double.map { $0 == $0.rounded() } == true
  }

  /// A scalar, shortened; the type of anything else.
  fileprivate var shown: String {
    switch self {
    case .array, .object: openAPIType
    case .string(let text): "\"\(text.prefix(60))\""
    default: String(text().prefix(60))
    }
  }
}
