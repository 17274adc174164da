import RopewalkCore

/// What `filter` asks of a value.
enum MemberCondition: Sendable {
  case exists(Bool)
  case equals(JSON)
  case notEquals(JSON)
  case isIn([JSON])
  /// The value compared with the bound, and which outcomes hold.
  case compares(ExactDecimal, holds: @Sendable (ExactDecimal.Order) -> Bool)
  case matches(RegularExpression)

  /// The options that are conditions.
  static let names = ["exists", "equals", "notEquals", "in", "greaterThan", "lessThan", "atLeast", "atMost", "matches"]

  /// Every condition among a filter's options.
  static func all(_ options: FunctionOptions) throws(FunctionError) -> [MemberCondition] {
    var conditions: [MemberCondition] = []
    if options.has("exists") { conditions.append(.exists(try options.bool("exists", default: true))) }
    if let value = options.values["equals"] { conditions.append(.equals(value)) }
    if let value = options.values["notEquals"] { conditions.append(.notEquals(value)) }
    if let value = options.values["in"] {
      guard let values = value.array else { throw options.error("in", "must be a list, not \(value.typeName)") }
      conditions.append(.isIn(values))
    }
    try addBound("greaterThan", options, &conditions) { $0 == .greater }
    try addBound("lessThan", options, &conditions) { $0 == .less }
    try addBound("atLeast", options, &conditions) { $0 != .less }
    try addBound("atMost", options, &conditions) { $0 != .greater }
    if let pattern = try options.string("matches") {
      do {
        conditions.append(.matches(try RegularExpression(pattern)))
      } catch {
        throw options.error("matches", "is not a regular expression: \(error.message)")
      }
    }
    return conditions
  }

  private static func addBound(
    _ name: String,
    _ options: FunctionOptions,
    _ conditions: inout [MemberCondition],
    _ holds: @escaping @Sendable (ExactDecimal.Order) -> Bool
  ) throws(FunctionError) {
    guard let value = options.values[name] else { return }
    guard case .number(let number) = value else { throw options.error(name, "must be a number, not \(value.typeName)") }
    conditions.append(.compares(ExactDecimal(number), holds: holds))
  }

  func holds(for value: JSON?) throws(FunctionError) -> Bool {
    switch self {
    case .exists(let expected): return (value != nil) == expected
    case .equals(let expected): return value.map { $0.isSameValue(as: expected) } ?? false
    case .notEquals(let expected): return !(value.map { $0.isSameValue(as: expected) } ?? false)
    case .isIn(let values): return value.map { value in values.contains { value.isSameValue(as: $0) } } ?? false
    case .compares(let bound, let holds):
      guard case .number(let number) = value else { return false }
      return holds(ExactDecimal(number).compared(to: bound))
    case .matches(let expression):
      guard case .string(let text) = value else { return false }
      do {
        return try expression.matches(text)
      } catch {
        throw FunctionError(.functionLimit, "matches: \(error.message)")
      }
    }
  }
}
