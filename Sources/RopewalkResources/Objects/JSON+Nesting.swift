import RopewalkCore

extension JSON {
  /// Whether lists and maps lie in one another more than so many times.
  func isNested(deeperThan limit: Int) -> Bool {
    switch self {
    case .null, .bool, .number, .string: limit < 0
    case .array(let elements): limit < 1 || elements.contains { $0.isNested(deeperThan: limit - 1) }
    case .object(let object): limit < 1 || object.members.contains { $0.value.isNested(deeperThan: limit - 1) }
    }
  }
}
