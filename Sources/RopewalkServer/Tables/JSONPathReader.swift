/// Reads the steps of a ``JSONPath``.
struct JSONPathReader {
  private var rest: Substring

  init(_ text: String) {
    let isBraced = text.hasPrefix("{") && text.hasSuffix("}")
    rest = isBraced ? text.dropFirst().dropLast() : text[...]
    if rest.first == "$" { rest = rest.dropFirst() }
  }

  mutating func steps() -> [JSONPath.Step]? {
    var steps: [JSONPath.Step] = []
    while let character = rest.first {
      switch character {
      case ".":
        rest = rest.dropFirst()
        if rest.first == "[" || rest.isEmpty { continue }
        guard let name = name() else { return nil }
        steps.append(name == "*" ? .every : .member(name))
      case "[":
        guard let step = bracket() else { return nil }
        steps.append(step)
      default: return nil
      }
    }
    return steps
  }

  /// A member's name up to the next `.` or `[`; `\.` is a dot in it.
  private mutating func name() -> String? {
    var name = ""
    while let character = rest.first, character != ".", character != "[" {
      rest = rest.dropFirst()
      guard character == "\\" else {
        name.append(character)
        continue
      }
      guard let escaped = rest.popFirst() else { return nil }
      name.append(escaped)
    }
    return name.isEmpty ? nil : name
  }

  private mutating func bracket() -> JSONPath.Step? {
    guard let end = closingBracket() else { return nil }
    let content = rest[rest.index(after: rest.startIndex)..<end].trimmed
    rest = rest[rest.index(after: end)...]
    if content == "*" { return .every }
    if let index = Int(content) { return .element(index) }
    if let text = Self.unquoted(content) { return .member(text) }
    guard content.hasPrefix("?("), content.hasSuffix(")") else { return nil }
    return Self.filter(content.dropFirst(2).dropLast().trimmed)
  }

  /// The bracket that closes the first one; those in quotes do not count.
  private func closingBracket() -> Substring.Index? {
    var quote: Character?
    for index in rest.indices {
      let character = rest[index]
      if let open = quote {
        if character == open { quote = nil }
      } else if character == "'" || character == "\"" {
        quote = character
      } else if character == "]" {
        return index
      }
    }
    return nil
  }

  /// `@.type=="Ready"`
  private static func filter(_ text: String) -> JSONPath.Step? {
    for (sign, isEqual) in [("==", true), ("!=", false)] {
      guard let range = text.firstRange(of: sign) else { continue }
      let left = text[..<range.lowerBound].trimmed
      let right = text[range.upperBound...].trimmed
      guard left.first == "@" else { return nil }
      let path = left.dropFirst().split(separator: ".").map(String.init)
      return .matching(path: path, value: unquoted(right) ?? right, isEqual: isEqual)
    }
    return nil
  }

  private static func unquoted(_ text: String) -> String? {
    guard text.count >= 2, let quote = text.first, quote == "'" || quote == "\"", text.last == quote else { return nil }
    return String(text.dropFirst().dropLast())
  }
}
