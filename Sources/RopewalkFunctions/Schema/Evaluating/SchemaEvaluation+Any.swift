import RopewalkCore

extension SchemaEvaluation {
  /// The keywords that look at values of every type.
  mutating func checkAny(_ keyword: SchemaKeyword, of node: SchemaNode, _ instance: JSON, _ places: inout EvaluatedPlaces) -> Bool {
    switch keyword {
    case .type(let types):
      return instance.isOne(of: types) || fail(node, "type", "must be \(types.names.joined(separator: " or "))")
    case .constant(let value): return isSame(instance, value) || fail(node, "const", "must be the one value that is allowed")
    case .enumeration(let enumeration):
      return isAmong(enumeration, instance) || fail(node, "enum", "must be one of the values that are allowed")
    case .reference(let target): return evaluate(target, instance, &places)
    case .dynamicReference(let target, let anchor):
      return evaluate(dynamicTarget(anchor, otherwise: target), instance, &places)
    case .allOf(let nodes): return checkAll(nodes, instance, &places)
    case .anyOf(let nodes):
      return checkSome(nodes, instance, &places) || fail(node, "anyOf", "must match at least one of \(nodes.count) schemas")
    case .oneOf(let nodes): return checkOne(nodes, of: node, instance, &places)
    case .not(let target):
      var ignored = EvaluatedPlaces(isWanted: false)
      return !evaluateQuietly(target, instance, &ignored) || fail(node, "not", "must not match the schema")
    case .conditional(let condition, let then, let otherwise):
      let branch = evaluateQuietly(condition, instance, &places) ? then : otherwise
      return branch.map { evaluate($0, instance, &places) } ?? true
    default: return true
    }
  }

  /// Compares values, the work of which grows with both.
  private mutating func isSame(_ instance: JSON, _ value: JSON) -> Bool {
    switch instance {
    case .array, .object: guard hasTime() else { return false }
    case .number(let number): guard spend(1 + number.literal.utf8.count / Self.bytesPerStep) else { return false }
    case .null, .bool, .string: guard spend(1) else { return false }
    }
    return instance.isSameValue(as: value)
  }

  private mutating func isAmong(_ enumeration: SchemaEnumeration, _ instance: JSON) -> Bool {
    if !enumeration.texts.isEmpty, case .string(let text) = instance { return enumeration.texts.contains(ExactText(text)) }
    for value in enumeration.values {
      if isSame(instance, value) { return true }
      guard failure == nil else { return false }
    }
    return false
  }

  private mutating func checkAll(_ nodes: [Int], _ instance: JSON, _ places: inout EvaluatedPlaces) -> Bool {
    var isValid = true
    for node in nodes where !evaluate(node, instance, &places) {
      isValid = false
      guard mayGoOn else { return false }
    }
    return isValid
  }

  private mutating func checkSome(_ nodes: [Int], _ instance: JSON, _ places: inout EvaluatedPlaces) -> Bool {
    var isValid = false
    for node in nodes where evaluateQuietly(node, instance, &places) {
      isValid = true
      // All branches that match count as having looked.
      guard places.isWanted else { break }
    }
    return isValid
  }

  private mutating func checkOne(_ nodes: [Int], of node: SchemaNode, _ instance: JSON, _ places: inout EvaluatedPlaces) -> Bool {
    var matches = 0
    for branch in nodes where evaluateQuietly(branch, instance, &places) {
      matches += 1
      if matches > 1 { break }
    }
    return matches == 1 || fail(node, "oneOf", "must match exactly one of \(nodes.count) schemas, not \(matches == 0 ? "none" : "several")")
  }
}

extension JSON {
  fileprivate func isOne(of types: SchemaTypes) -> Bool {
    switch self {
    case .null: types.contains(.null)
    case .bool: types.contains(.boolean)
    case .string: types.contains(.string)
    case .array: types.contains(.array)
    case .object: types.contains(.object)
    case .number(let number): types.contains(.number) || (types.contains(.integer) && number.isInteger)
    }
  }
}

extension JSONNumber {
  /// 1, 1.0 and 10e-1 are integers.
  fileprivate var isInteger: Bool {
    literal.utf8.allSatisfy { $0 != UInt8(ascii: ".") && $0 | 0x20 != UInt8(ascii: "e") } || ExactDecimal(self).isInteger
  }
}
