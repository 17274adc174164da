/// RFC 6570's URI templates, all four levels.
enum URITemplateFormat {
  @Sendable static func isValid(_ text: String) -> Bool {
    guard URIFormat.hasWholeEscapes(text) else { return false }
    var rest = text[...]
    while let brace = rest.firstIndex(where: { $0 == "{" || $0 == "}" }) {
      guard rest[brace] == "{", isLiteral(rest[..<brace]), let end = rest[brace...].firstIndex(of: "}") else { return false }
      guard isExpression(rest[rest.index(after: brace)..<end]) else { return false }
      rest = rest[rest.index(after: end)...]
    }
    return isLiteral(rest)
  }

  private static func isLiteral(_ text: Substring) -> Bool {
    text.unicodeScalars.allSatisfy { scalar in
      scalar.value > 0x20 && scalar.value != 0x7F && !("\"<>\\^`{|}".unicodeScalars.contains(scalar)) && !(0x80...0x9F ~= scalar.value)
    }
  }

  private static func isExpression(_ text: Substring) -> Bool {
    let hasOperator = text.utf8.first.map { "+#./;?&=,!@|".utf8.contains($0) } ?? false
    let variables = hasOperator ? text.dropFirst() : text
    return variables.split(separator: ",", omittingEmptySubsequences: false).allSatisfy(isVariable)
  }

  /// A name, possibly with `*` or `:` and a length behind it.
  private static func isVariable(_ text: Substring) -> Bool {
    var name = text
    if name.last == "*" {
      name = name.dropLast()
    } else if let colon = name.firstIndex(of: ":") {
      let length = name[name.index(after: colon)...].utf8
      guard 1...4 ~= length.count, length.allSatisfy(\.isDigit), length.first != UInt8(ascii: "0") else { return false }
      name = name[..<colon]
    }
    return name.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { part in
      !part.isEmpty && part.utf8.allSatisfy { $0.isDigit || $0.isLetter || $0 == UInt8(ascii: "_") || $0 == UInt8(ascii: "%") }
    }
  }
}
