import RopewalkCore

extension SchemaEvaluation {
  /// The keywords that look at arrays alone; nil for others.
  mutating func check(_ keyword: SchemaKeyword, of node: SchemaNode, _ elements: [JSON], _ places: inout EvaluatedPlaces) -> Bool? {
    switch keyword {
    case .elements(let prefix, let rest): return checkElements(prefix, rest, elements, &places)
    case .elementCount(let minimum, let maximum):
      if let minimum, elements.count < minimum { return fail(node, "minItems", "must have at least \(minimum) elements") }
      if let maximum, elements.count > maximum { return fail(node, "maxItems", "must have at most \(maximum) elements") }
      return true
    case .uniqueElements:
      guard hasTime() else { return false }
      return Self.areUnique(elements) || fail(node, "uniqueItems", "must not have two equal elements")
    case .contains(let schema, let minimum, let maximum, let counts):
      var matched = 0
      for (index, element) in elements.enumerated() {
        var ignored = EvaluatedPlaces(isWanted: false)
        guard evaluateQuietly(schema, element, &ignored) else { continue }
        matched += 1
        if counts { places.insert(index) }
        if maximum == nil, matched >= minimum, !places.isWanted { return true }
      }
      if matched < minimum { return fail(node, "contains", "must have at least \(minimum) elements that match") }
      if let maximum, matched > maximum { return fail(node, "maxContains", "must have at most \(maximum) elements that match") }
      return true
    case .unevaluatedElements(let schema):
      var isValid = true
      for (index, element) in elements.enumerated() where !places.contains(index) {
        if evaluate(schema, element, at: String(index)) {
          places.insert(index)
        } else {
          isValid = false
          guard mayGoOn else { return false }
        }
      }
      return isValid
    default: return nil
    }
  }

  private mutating func checkElements(_ prefix: [Int], _ rest: Int?, _ elements: [JSON], _ places: inout EvaluatedPlaces) -> Bool {
    var isValid = true
    for (index, element) in elements.enumerated() {
      guard let schema = index < prefix.count ? prefix[index] : rest else { break }
      if evaluate(schema, element, at: String(index)) {
        places.insert(index)
      } else {
        isValid = false
        guard mayGoOn else { return false }
      }
    }
    return isValid
  }

  /// Up to here each is compared with each.
  private static let pairwiseLimit = 8

  private static func areUnique(_ elements: [JSON]) -> Bool {
    if elements.count <= pairwiseLimit {
      return elements.indices.allSatisfy { index in !elements[..<index].contains { $0.isSameValue(as: elements[index]) } }
    }
    var seen: Set<UniqueElement> = []
    return elements.allSatisfy { seen.insert(UniqueElement(value: $0)).inserted }
  }

  /// An element that hashes and compares as JSON Schema compares values.
  private struct UniqueElement: Hashable {
    let value: JSON

    static func == (left: UniqueElement, right: UniqueElement) -> Bool { left.value.isSameValue(as: right.value) }

    func hash(into hasher: inout Hasher) { value.hashValue(into: &hasher) }
  }
}
