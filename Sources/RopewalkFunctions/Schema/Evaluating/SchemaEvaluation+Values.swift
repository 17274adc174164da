import RopewalkCore

extension SchemaEvaluation {
  /// The keywords that look at numbers alone; nil for others.
  mutating func check(_ keyword: SchemaKeyword, of node: SchemaNode, _ number: JSONNumber) -> Bool? {
    switch keyword {
    case .bound(let bound):
      return bound.allows(number) || fail(node, bound.side.rawValue, "must be \(bound.words) \(bound.literal)")
    case .multipleOf(let divisor):
      return ExactDecimal(number).isMultiple(of: divisor) || fail(node, "multipleOf", "must be a multiple of what the schema says")
    default: return nil
    }
  }

  /// The keywords that look at strings alone; nil for others.
  mutating func check(_ keyword: SchemaKeyword, of node: SchemaNode, _ text: String) -> Bool? {
    switch keyword {
    case .length(let minimum, let maximum):
      let bytes = text.utf8.count
      // Between a quarter of the bytes and all of them: mostly there is no need to count.
      if bytes / 4 >= minimum ?? 0, bytes <= maximum ?? .max { return true }
      let count = text.unicodeScalars.count
      if let minimum, count < minimum { return fail(node, "minLength", "must be at least \(minimum) characters long") }
      if let maximum, count > maximum { return fail(node, "maxLength", "must be at most \(maximum) characters long") }
      return true
    case .pattern(let expression): return matches(expression, text) || fail(node, "pattern", "must match the pattern")
    case .format(let name, let check): return check(text) || fail(node, "format", "must be of the format \(name)")
    case .content(let encoding, let mediaType): return checkContent(text, encoding, mediaType, of: node)
    default: return nil
    }
  }

  private mutating func checkContent(_ text: String, _ encoding: String?, _ mediaType: String?, of node: SchemaNode) -> Bool {
    var content = Array(text.utf8)
    if encoding == "base64" {
      guard case .success(let decoded) = Base64.decode(content) else { return fail(node, "contentEncoding", "must be base64") }
      content = decoded
    }
    guard mediaType == "application/json" else { return true }
    return (try? JSON.parse(content)) != nil || fail(node, "contentMediaType", "must contain JSON")
  }
}

extension SchemaBound {
  fileprivate func allows(_ number: JSONNumber) -> Bool {
    if let integer, let value = Int(number.literal) {
      return switch side {
      case .minimum: value >= integer
      case .maximum: value <= integer
      case .exclusiveMinimum: value > integer
      case .exclusiveMaximum: value < integer
      }
    }
    let order = order(of: number)
    return switch side {
    case .minimum: order != .less
    case .maximum: order != .greater
    case .exclusiveMinimum: order == .greater
    case .exclusiveMaximum: order == .less
    }
  }

  /// Rounding never turns two numbers round, so unless the nearest machine numbers are equal they decide.
  private func order(of number: JSONNumber) -> ExactDecimal.Order {
    let nearest = number.double ?? .nan
    if nearest < double { return .less }
    if nearest > double { return .greater }
    return ExactDecimal(number).compared(to: limit)
  }

  fileprivate var words: String {
    switch side {
    case .minimum: "at least"
    case .maximum: "at most"
    case .exclusiveMinimum: "more than"
    case .exclusiveMaximum: "less than"
    }
  }
}
