/// A JSON value that keeps the order of members and the digits of numbers.
public enum JSON: Sendable, Hashable {
  case null
  case bool(Bool)
  case number(JSONNumber)
  case string(String)
  case array([JSON])
  case object(JSONObject)
}

/// A number as it was written, so that neither big integers nor decimals lose digits.
public struct JSONNumber: Sendable, Hashable, CustomStringConvertible {
  /// The literal in JSON's own grammar.
  public let literal: String

  /// - Precondition: `literal` is a number in JSON's grammar; the parser is the only caller with foreign text.
  public init(literal: String) {
    self.literal = literal
  }

  public init(_ value: Int) { self.literal = String(value) }

  /// Whole values are written without a fraction. NaN and infinities have no JSON form and give nil.
  public init?(_ value: Double) {
    guard value.isFinite else { return nil }
    if value == value.rounded(), abs(value) < 9_007_199_254_740_992 {
      self.literal = String(Int64(value))
    } else {
      self.literal = String(value)
    }
  }

  public var int: Int? { Int(literal) ?? double.flatMap { Int(exactly: $0) } }
  public var double: Double? { Double(literal) }
  public var description: String { literal }
}

/// The members of a JSON object in the order they were written; a key that is set again keeps its place.
public struct JSONObject: Sendable, Hashable, ExpressibleByDictionaryLiteral {
  public struct Member: Sendable, Hashable {
    public var key: String
    public var value: JSON

    public init(key: String, value: JSON) {
      self.key = key
      self.value = value
    }
  }

  public private(set) var members: [Member]

  public init(_ members: [Member] = []) {
    self.members = members
  }

  public init(dictionaryLiteral elements: (String, JSON)...) {
    self.members = elements.map { Member(key: $0.0, value: $0.1) }
  }

  public var keys: [String] { members.map(\.key) }
  public var isEmpty: Bool { members.isEmpty }
  public var count: Int { members.count }

  public subscript(key: String) -> JSON? {
    get {
      for index in members.indices where members[index].key.isSameText(as: key) { return members[index].value }
      return nil
    }
    set {
      let index = members.firstIndex { $0.key.isSameText(as: key) }
      switch (index, newValue) {
      case (let index?, let value?): members[index].value = value
      case (let index?, nil): members.remove(at: index)
      case (nil, let value?): members.append(Member(key: key, value: value))
      case (nil, nil): break
      }
    }
  }

  /// Appends without looking whether the key is there already.
  public mutating func append(key: String, value: JSON) {
    members.append(Member(key: key, value: value))
  }
}

extension JSON: ExpressibleByStringLiteral, ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral, ExpressibleByArrayLiteral,
  ExpressibleByDictionaryLiteral
{
  public init(stringLiteral value: String) { self = .string(value) }
  public init(booleanLiteral value: Bool) { self = .bool(value) }
  public init(integerLiteral value: Int) { self = .number(JSONNumber(value)) }
  public init(arrayLiteral elements: JSON...) { self = .array(elements) }
  public init(dictionaryLiteral elements: (String, JSON)...) {
    self = .object(JSONObject(elements.map { JSONObject.Member(key: $0.0, value: $0.1) }))
  }
}

extension JSON {
  public var string: String? { if case .string(let value) = self { value } else { nil } }
  public var bool: Bool? { if case .bool(let value) = self { value } else { nil } }
  public var int: Int? { if case .number(let value) = self { value.int } else { nil } }
  public var double: Double? { if case .number(let value) = self { value.double } else { nil } }
  public var array: [JSON]? { if case .array(let value) = self { value } else { nil } }
  public var object: JSONObject? { if case .object(let value) = self { value } else { nil } }

  /// The member of an object; nil for anything else.
  public subscript(key: String) -> JSON? { object?[key] }

  /// What kind of value this is, as an error message names it.
  public var typeName: String {
    switch self {
    case .null: "null"
    case .bool: "a boolean"
    case .number: "a number"
    case .string: "a string"
    case .array: "a list"
    case .object: "a map"
    }
  }
}
