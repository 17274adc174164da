package import RopewalkCore

extension JSON {
  /// JSON Schema's equality: numbers by value, strings by code points, objects without regard to order.
  package func isSameValue(as other: JSON) -> Bool {
    switch (self, other) {
    case (.null, .null): true
    case (.bool(let left), .bool(let right)): left == right
    case (.number(let left), .number(let right)): left.isSameValue(as: right)
    case (.string(let left), .string(let right)): left.isSameText(as: right)
    case (.array(let left), .array(let right)):
      left.count == right.count && zip(left, right).allSatisfy { $0.isSameValue(as: $1) }
    case (.object(let left), .object(let right)): left.isSameValue(as: right)
    default: false
    }
  }

  /// A hash that is the same for the same value.
  func hashValue(into hasher: inout Hasher) {
    switch self {
    case .null: hasher.combine(0)
    case .bool(let flag): hasher.combine(flag)
    case .number(let number): hasher.combine(ExactDecimal(number))
    // A text's own hash is the same for all its Unicode forms, of which many can be made that are not the same value.
    case .string(let text): hasher.combine(ExactText(text))
    case .array(let elements):
      hasher.combine(elements.count)
      for element in elements { element.hashValue(into: &hasher) }
    case .object(let object):
      var sum = 0
      for member in object.members {
        var inner = Hasher()
        inner.combine(ExactText(member.key))
        member.value.hashValue(into: &inner)
        sum &+= inner.finalize()
      }
      hasher.combine(sum)
    }
  }
}

extension JSONNumber {
  fileprivate func isSameValue(as other: JSONNumber) -> Bool {
    literal.isSameText(as: other.literal) || ExactDecimal(self) == ExactDecimal(other)
  }
}

extension JSONObject {
  /// Larger objects are indexed before their members are looked up.
  private static let linearSearchLimit = 32

  fileprivate func isSameValue(as other: JSONObject) -> Bool {
    guard count == other.count else { return false }
    let index = count > Self.linearSearchLimit ? Dictionary(other.members.map { (ExactText($0.key), $0.value) }) { _, last in last } : [:]
    for (place, member) in members.enumerated() {
      let counterpart: JSON?
      if other.members[place].key.isSameText(as: member.key) {
        counterpart = other.members[place].value
      } else {
        counterpart = index.isEmpty ? other[member.key] : index[ExactText(member.key)]
      }
      guard let counterpart, member.value.isSameValue(as: counterpart) else { return false }
    }
    return true
  }
}
