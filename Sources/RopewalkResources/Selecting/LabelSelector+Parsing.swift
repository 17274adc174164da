package import RopewalkCore

extension ErrorCode {
  package static let selectorInvalid = ErrorCode("selector.invalid", .invalid)
}

extension LabelSelector {
  /// Reads `app=web,tier in (a,b),env notin (test),!old,owned`. An empty text selects everything.
  /// - Throws: `selector.invalid` with what is wrong.
  package init(parsing text: String) throws(RopewalkError) {
    var reader = SelectorReader(text)
    requirements = []
    guard !reader.isAtEnd else { return }
    repeat { requirements.append(try Self.requirement(&reader)) } while reader.take(",")
    guard reader.isAtEnd else { throw reader.error("expected ',' or the end") }
  }

  private static func requirement(_ reader: inout SelectorReader) throws(RopewalkError) -> Requirement {
    if reader.take("!") { return .doesNotExist(try key(&reader)) }
    let key = try key(&reader)
    if reader.take("!=") { return .notEquals(key, try value(&reader)) }
    if reader.take("==") || reader.take("=") { return .equals(key, try value(&reader)) }
    if reader.takeWord("in") { return .isIn(key, try values(&reader)) }
    if reader.takeWord("notin") { return .isNotIn(key, try values(&reader)) }
    return .exists(key)
  }

  private static func key(_ reader: inout SelectorReader) throws(RopewalkError) -> String {
    let key = reader.word()
    guard NameRules.isQualifiedName(key) else { throw reader.error("\"\(key.prefix(80))\" cannot be the key of a label") }
    return key
  }

  private static func value(_ reader: inout SelectorReader) throws(RopewalkError) -> String {
    let value = reader.word()
    guard NameRules.isLabelValue(value) else { throw reader.error("\"\(value.prefix(80))\" cannot be the value of a label") }
    return value
  }

  private static func values(_ reader: inout SelectorReader) throws(RopewalkError) -> [String] {
    guard reader.take("(") else { throw reader.error("expected '(' and values") }
    var values: [String] = []
    repeat { values.append(try value(&reader)) } while reader.take(",")
    guard reader.take(")") else { throw reader.error("expected ')' behind the values") }
    return values
  }

  /// The text that parses to this.
  package var text: String {
    requirements.map { requirement in
      switch requirement {
      case .equals(let key, let value): "\(key)=\(value)"
      case .notEquals(let key, let value): "\(key)!=\(value)"
      case .isIn(let key, let values): "\(key) in (\(values.joined(separator: ",")))"
      case .isNotIn(let key, let values): "\(key) notin (\(values.joined(separator: ",")))"
      case .exists(let key): key
      case .doesNotExist(let key): "!\(key)"
      }
    }.joined(separator: ",")
  }
}

extension FieldSelector {
  /// Reads `metadata.name=web,status.phase!=Running`. An empty text selects everything; `\,`, `\=` and `\\` stand for themselves.
  /// - Throws: `selector.invalid` with what is wrong.
  package init(parsing text: String) throws(RopewalkError) {
    requirements = []
    for term in Self.split(text) {
      guard let requirement = Self.requirement(term) else {
        throw RopewalkError(
          .selectorInvalid,
          "invalid field selector \"\(text.prefix(200))\": write path=value or path!=value, divided by ','"
        )
      }
      requirements.append(requirement)
    }
  }

  /// At commas without a backslash before them.
  private static func split(_ text: String) -> [Substring] {
    var terms: [Substring] = []
    var start = text.startIndex
    var isEscaped = false
    for index in text.indices {
      if isEscaped {
        isEscaped = false
      } else if text[index] == "\\" {
        isEscaped = true
      } else if text[index] == "," {
        terms.append(text[start..<index])
        start = text.index(after: index)
      }
    }
    terms.append(text[start...])
    return terms.filter { !$0.isEmpty }
  }

  private static func requirement(_ term: Substring) -> Requirement? {
    guard let sign = term.firstIndex(of: "="), sign > term.startIndex else { return nil }
    var path = term[..<sign]
    let isEqual = path.last != "!"
    if !isEqual { path = path.dropLast() }
    var value = term[sign...].dropFirst()
    if isEqual, value.first == "=" { value = value.dropFirst() }
    let trimmed = path.drop { $0 == " " }
    guard !trimmed.isEmpty, trimmed.allSatisfy({ !$0.isWhitespace }) else { return nil }
    return Requirement(path: String(trimmed), value: unescaped(value), isEqual: isEqual)
  }

  private static func unescaped(_ value: Substring) -> String {
    guard value.contains("\\") else { return String(value) }
    var result = ""
    var isEscaped = false
    for character in value {
      if !isEscaped, character == "\\" {
        isEscaped = true
      } else {
        result.append(character)
        isEscaped = false
      }
    }
    return result
  }
}

/// Walks over the text of a label selector.
private struct SelectorReader {
  private let text: String
  private var rest: Substring

  init(_ text: String) {
    self.text = text
    self.rest = text[...]
    skipSpaces()
  }

  var isAtEnd: Bool { rest.isEmpty }

  private mutating func skipSpaces() { rest = rest.drop { $0 == " " || $0 == "\t" } }

  mutating func take(_ sign: String) -> Bool {
    guard rest.hasPrefix(sign) else { return false }
    rest = rest.dropFirst(sign.count)
    skipSpaces()
    return true
  }

  /// Takes a word only when it is the whole next word.
  mutating func takeWord(_ word: String) -> Bool {
    let before = rest
    guard self.word() == word else {
      rest = before
      return false
    }
    return true
  }

  mutating func word() -> String {
    let word = rest.prefix { !" \t,=!()".contains($0) }
    rest = rest.dropFirst(word.count)
    skipSpaces()
    return String(word)
  }

  func error(_ message: String) -> RopewalkError {
    RopewalkError(.selectorInvalid, "unable to parse label selector \"\(text.prefix(200))\": \(message)")
  }
}
