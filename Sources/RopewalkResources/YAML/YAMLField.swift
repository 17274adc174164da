import RopewalkCore

/// A value being read: what it is, the way to it, and where to report what is wrong with it.
///
/// The reading methods answer nil after reporting; a nil therefore never needs a report of its own.
struct YAMLField {
  let node: YAMLNode
  /// Such as `spec.steps[0].converter.config.timeout`; empty for a whole document.
  let path: String
  let findings: Findings

  var mark: SourceMark { node.mark }

  func child(_ key: String, _ node: YAMLNode) -> YAMLField {
    YAMLField(node: node, path: path.isEmpty ? key : "\(path).\(key)", findings: findings)
  }

  func error(_ message: String, remedy: String = "") {
    findings.error(at: mark, field: path, message, remedy: remedy)
  }

  func warning(_ message: String, remedy: String = "") {
    findings.warning(at: mark, field: path, message, remedy: remedy)
  }

  /// Reports that something else was expected, such as `a duration`, with an example of how to write it.
  func mismatch(expected: String, example: String) {
    if case .broken = node.content { return }
    error("expected \(expected), found \(node.found)", remedy: "write \(example)")
  }

  // MARK: Lists and maps

  /// The members of a map. Keys outside `known` are reported.
  /// - Parameter hints: what to do instead, for keys that users may well try here.
  func map(keys known: [String], hints: [String: String] = [:], example: String) -> YAMLMap? {
    guard case .map(let members) = node.content else {
      mismatch(expected: "a map", example: example)
      return nil
    }
    var meant: Set<String> = []
    for member in members where !known.contains(member.key) {
      let near = nearestWord(to: member.key, among: known)
      if let near { meant.insert(near) }
      let remedy = hints[member.key] ?? near.map { "did you mean \($0)?" } ?? "known here: \(known.joined(separator: ", "))"
      findings.error(at: member.keyMark, field: child(member.key, member.value).path, "unknown key", remedy: remedy)
    }
    return YAMLMap(field: self, members: members, misspelled: meant)
  }

  /// The entries of a map whose keys the user chooses.
  func entries(example: String) -> [(key: String, keyMark: SourceMark, value: YAMLField)]? {
    guard case .map(let members) = node.content else {
      mismatch(expected: "a map", example: example)
      return nil
    }
    return members.map { ($0.key, $0.keyMark, child($0.key, $0.value)) }
  }

  /// The items of a list of at most `limit`.
  func list(limit: Int, example: String) -> [YAMLField]? {
    guard case .list(let items) = node.content else {
      mismatch(expected: "a list", example: example)
      return nil
    }
    guard items.count <= limit else {
      error("a list of \(items.count) is longer than the \(limit) allowed", remedy: "split it up")
      return nil
    }
    return items.enumerated().map { YAMLField(node: $1, path: "\(path)[\($0)]", findings: findings) }
  }

  /// The items of a list, or the value itself where one alone may stand without the list.
  func oneOrMore(limit: Int, example: String) -> [YAMLField]? {
    if case .list = node.content { list(limit: limit, example: example) } else { [self] }
  }

  /// Whether this is a map that has the key with a value; reports nothing.
  func hasMember(_ key: String) -> Bool {
    if case .map(let members) = node.content { members.contains { $0.key == key && !$0.value.isNull } } else { false }
  }

  // MARK: Scalars

  /// The text of a scalar; nil for lists, maps, nothing, and references that are not filled in.
  private var text: String? {
    guard case .scalar(let scalar) = node.content, !node.isNull else { return nil }
    return scalar.text
  }

  /// What the text means, where text that references filled in counts as if it were written without quotes.
  private var value: JSON {
    guard case .scalar(let scalar) = node.content else { return .null }
    return scalar.written == nil ? scalar.json : YAMLScalar.plainValue(of: scalar.text)
  }

  /// True when a reference is left open, as `validate` does where the secrets are not at hand: nothing can be said.
  private var isUnresolved: Bool {
    if case .scalar(let scalar) = node.content { scalar.isUnresolved } else { false }
  }

  /// Text. Numbers and booleans must be in quotes, so that `1.10` stays what it is.
  func string(_ what: String, example: String) -> String? {
    guard let text, case .scalar(let scalar) = node.content else {
      mismatch(expected: what, example: example)
      return nil
    }
    guard case .string = scalar.json else {
      mismatch(expected: what, example: "it in quotes: \"\(scalar.written ?? text)\"")
      return nil
    }
    return text
  }

  func bool() -> Bool? {
    if case .bool(let value) = value { return value }
    if !isUnresolved { mismatch(expected: "true or false", example: "true or false, without quotes") }
    return nil
  }

  func int(in range: ClosedRange<Int>) -> Int? {
    guard case .number(let number) = value, let int = number.int else {
      if !isUnresolved {
        mismatch(expected: "a whole number", example: "one from \(range.lowerBound) to \(range.upperBound), without quotes")
      }
      return nil
    }
    return inRange(int, range) { String($0) }
  }

  func double(in range: ClosedRange<Double>) -> Double? {
    guard case .number(let number) = value, let double = number.double else {
      if !isUnresolved { mismatch(expected: "a number", example: "one from \(range.lowerBound) to \(range.upperBound), without quotes") }
      return nil
    }
    return inRange(double, range) { String($0) }
  }

  func duration(in range: ClosedRange<Duration>) -> Duration? {
    guard !isUnresolved else { return nil }
    guard let text else {
      mismatch(expected: "a duration", example: "a number with a unit: 250ms, 5s, 1m30s, 1h")
      return nil
    }
    guard let duration = text == "0" ? .zero : Duration(parsing: text) else {
      let isBare = Double(text) != nil
      mismatch(
        expected: "a duration",
        example: isBare
          ? "the unit behind it: \(shown)s for seconds, \(shown)ms for milliseconds" : "a number with a unit: 250ms, 5s, 1m30s, 1h"
      )
      return nil
    }
    return inRange(duration, range) { $0 == .zero ? "0" : $0.shortText }
  }

  func size(in range: ClosedRange<ByteCount>) -> ByteCount? {
    guard !isUnresolved else { return nil }
    guard let size = text.flatMap({ ByteCount(parsing: $0) }) else {
      mismatch(expected: "a size", example: "a whole number of bytes, or one with a unit: 64Ki, 128Mi, 1Gi")
      return nil
    }
    return inRange(size, range, \.description)
  }

  /// One of a few words.
  func word<Word: RawRepresentable & CaseIterable>(_ what: String, of type: Word.Type = Word.self) -> Word? where Word.RawValue == String {
    let known = Word.allCases.map(\.rawValue)
    guard let text else {
      mismatch(expected: what, example: "one of \(known.joined(separator: ", "))")
      return nil
    }
    if let word = Word(rawValue: text) { return word }
    unknown(what, known: known)
    return nil
  }

  /// Reports a word that is none of the known ones.
  func unknown(_ what: String, known: [String]) {
    let near = (text.flatMap { nearestWord(to: $0, among: known) }).map { "did you mean \($0)?" }
    error("\(node.found) is not \(what)", remedy: near ?? "known: \(known.sorted().joined(separator: ", "))")
  }

  /// What the file says, for remedies; never what a reference stands for.
  var shown: String {
    if case .scalar(let scalar) = node.content { scalar.written ?? scalar.text } else { "" }
  }

  private func inRange<Value: Comparable>(_ value: Value, _ range: ClosedRange<Value>, _ show: (Value) -> String) -> Value? {
    if range.contains(value) { return value }
    let limit =
      value < range.lowerBound ? "less than the least, \(show(range.lowerBound))" : "more than the most, \(show(range.upperBound))"
    error("\(shown) is \(limit)", remedy: "write a value from \(show(range.lowerBound)) to \(show(range.upperBound))")
    return nil
  }
}
