import RopewalkCore

extension JSON {
  /// Changes the string a pointer leads to; nothing happens where there is nothing.
  /// - Throws: ``FunctionError`` where something else than a string stands there, or what `change` throws.
  mutating func changeString(
    at pointer: JSONPointer,
    _ change: (String) throws(FunctionError) -> String
  ) throws(FunctionError) {
    guard let value = self[pointer], value != .null else { return }
    guard case .string(let text) = value else {
      throw FunctionError(.functionInput, "\(pointer.place) must be a string, not \(value.typeName)")
    }
    try set(.string(try change(text)), at: pointer)
  }

  /// Puts a value at a place. Objects on the way are made where nothing stands; a list takes an index it has, or `-` or
  /// its length to append.
  mutating func set(_ value: JSON, at pointer: JSONPointer) throws(FunctionError) {
    try set(value, pointer, tokens: pointer.tokens[...])
  }

  private mutating func set(_ value: JSON, _ pointer: JSONPointer, tokens: ArraySlice<String>) throws(FunctionError) {
    guard let token = tokens.first else {
      self = value
      return
    }
    switch self {
    case .object(var object):
      var member = object[token] ?? .object(JSONObject())
      self = .null
      object[token] = .null
      try member.set(value, pointer, tokens: tokens.dropFirst())
      object[token] = member
      self = .object(object)
    case .array(var elements):
      guard let index = token == "-" ? elements.count : JSONPointer.index(token), index <= elements.count else {
        throw FunctionError(.functionInput, "\(pointer.place) leads to an element that its list has not")
      }
      self = .null
      if index == elements.count { elements.append(.object(JSONObject())) }
      try elements[index].set(value, pointer, tokens: tokens.dropFirst())
      self = .array(elements)
    default:
      throw FunctionError(.functionInput, "\(pointer.place) leads through \(typeName), which has no members")
    }
  }

  /// Takes the value at a place away; nil where there was none. The whole value leaves null.
  @discardableResult mutating func remove(at pointer: JSONPointer) -> JSON? {
    remove(tokens: pointer.tokens[...])
  }

  private mutating func remove(tokens: ArraySlice<String>) -> JSON? {
    guard let token = tokens.first else {
      defer { self = .null }
      return self
    }
    switch self {
    case .object(var object):
      guard var member = object[token] else { return nil }
      let isLast = tokens.count == 1
      let removed = isLast ? member : member.remove(tokens: tokens.dropFirst())
      object[token] = isLast ? nil : member
      self = .object(object)
      return removed
    case .array(var elements):
      guard let index = JSONPointer.index(token), elements.indices.contains(index) else { return nil }
      let removed = tokens.count == 1 ? elements.remove(at: index) : elements[index].remove(tokens: tokens.dropFirst())
      self = .array(elements)
      return removed
    default: return nil
    }
  }
}

extension JSONPointer {
  /// The pointer as an error message names it.
  var place: String { tokens.isEmpty ? "the payload" : description }
}
