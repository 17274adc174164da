/// Parses a pattern into a ``RegexNode``.
struct RegexParser {
  let scalars: [Unicode.Scalar]
  var position = 0
  var groupCount = 0
  var groupNames: [String: Int] = [:]
  private var depth = 0

  init(_ pattern: String) throws(PatternError) {
    guard pattern.utf8.count <= RegularExpression.maxPatternLength else {
      throw PatternError(message: "the pattern is longer than \(RegularExpression.maxPatternLength) bytes")
    }
    scalars = Array(pattern.unicodeScalars)
  }

  mutating func parse() throws(PatternError) -> RegexNode {
    let node = try parseAlternatives()
    guard position == scalars.count else { throw error("')' closes nothing") }
    return node
  }

  private mutating func parseAlternatives() throws(PatternError) -> RegexNode {
    depth += 1
    defer { depth -= 1 }
    guard depth <= RegularExpression.maxNesting else { throw error("groups are nested deeper than \(RegularExpression.maxNesting) levels") }
    var alternatives = [try parseSequence()]
    while take("|") { alternatives.append(try parseSequence()) }
    return alternatives.count == 1 ? alternatives[0] : .alternatives(alternatives)
  }

  private mutating func parseSequence() throws(PatternError) -> RegexNode {
    var nodes: [RegexNode] = []
    while let next = peek, next != "|", next != ")" { nodes.append(try parseTerm()) }
    switch nodes.count {
    case 0: return .empty
    case 1: return nodes[0]
    default: return .sequence(nodes)
    }
  }

  private mutating func parseTerm() throws(PatternError) -> RegexNode {
    let atom = try parseAtom()
    guard let (minimum, maximum) = try parseQuantifier() else { return atom }
    switch atom {
    case .textStart, .textEnd, .wordBoundary, .look: throw error("an assertion cannot be repeated")
    default: break
    }
    // Whether it is greedy or lazy changes where a match ends, not whether there is one.
    _ = take("?")
    return .repetition(atom, minimum: minimum, maximum: maximum)
  }

  private mutating func parseQuantifier() throws(PatternError) -> (minimum: Int, maximum: Int?)? {
    if take("*") { return (0, nil) }
    if take("+") { return (1, nil) }
    if take("?") { return (0, 1) }
    let start = position
    guard take("{"), let minimum = parseDigits() else {
      position = start
      return nil
    }
    var maximum: Int? = minimum
    if take(",") { maximum = parseDigits() }
    guard take("}") else {
      position = start
      return nil
    }
    if let maximum, maximum < minimum { throw error("the numbers in {\(minimum),\(maximum)} are out of order") }
    return (minimum, maximum)
  }

  mutating func parseDigits() -> Int? {
    let start = position
    var value = 0
    while let next = peek, "0"..."9" ~= next {
      value = min(value * 10 + Int(next.value - 0x30), 1 << 30)
      position += 1
    }
    return position > start ? value : nil
  }

  private mutating func parseAtom() throws(PatternError) -> RegexNode {
    let next = scalars[position]
    switch next {
    case "(": return try parseGroup()
    case "[": return .character(.set(try parseClass()))
    case "\\": return try parseEscape()
    case "*", "+", "?": throw error("there is nothing to repeat before '\(next)'")
    default: position += 1
    }
    switch next {
    case "^": return .textStart
    case "$": return .textEnd
    case ".": return .character(.set(ScalarSet.lineTerminators.finished(negated: true)))
    default: return .character(.scalar(next.value))
    }
  }

  private mutating func parseGroup() throws(PatternError) -> RegexNode {
    position += 1
    guard take("?") else { return try parseCapture() }
    if take(":") { return try closeGroup(try parseAlternatives()) }
    if take("=") { return .look(try closeGroup(try parseAlternatives()), behind: false, negated: false) }
    if take("!") { return .look(try closeGroup(try parseAlternatives()), behind: false, negated: true) }
    guard take("<") else { throw error("unknown kind of group after '(?'") }
    if take("=") { return .look(try closeGroup(try parseAlternatives()), behind: true, negated: false) }
    if take("!") { return .look(try closeGroup(try parseAlternatives()), behind: true, negated: true) }
    let name = try parseGroupName()
    guard groupNames[name] == nil else { throw error("two groups are named '\(name)'") }
    groupNames[name] = groupCount + 1
    return try parseCapture()
  }

  private mutating func parseCapture() throws(PatternError) -> RegexNode {
    groupCount += 1
    let capture = groupCount
    return .group(try closeGroup(try parseAlternatives()), capture: capture)
  }

  private mutating func closeGroup(_ node: RegexNode) throws(PatternError) -> RegexNode {
    guard take(")") else { throw error("a group is never closed") }
    return node
  }

  /// Parses `name>`.
  mutating func parseGroupName() throws(PatternError) -> String {
    var name = String.UnicodeScalarView()
    while let next = peek, next != ">" {
      let isAllowed = next.properties.isIDContinue || next == "$" || next == "_"
      guard isAllowed, !name.isEmpty || !("0"..."9" ~= next) else { throw error("'\(next)' cannot stand in a group's name") }
      name.append(next)
      position += 1
    }
    guard take(">"), !name.isEmpty else { throw error("a group's name must not be empty and ends with '>'") }
    return String(name)
  }

  var peek: Unicode.Scalar? { position < scalars.count ? scalars[position] : nil }

  mutating func take(_ scalar: Unicode.Scalar) -> Bool {
    guard peek == scalar else { return false }
    position += 1
    return true
  }

  func error(_ message: String) -> PatternError {
    PatternError(message: "\(message) (at character \(min(position, scalars.count) + 1) of the pattern)")
  }
}
