/// Text with references in it: `Bearer ${SECRET:api_token}`, `http://${ENV:HOST}/`; `$$` stands for one `$`.
struct ReferenceText {
  enum Source: String, CaseIterable {
    case secret = "SECRET"
    case environment = "ENV"
  }

  struct Reference: Hashable {
    var source: Source
    var name: String

    var text: String { "${\(source.rawValue):\(name)}" }
  }

  enum Piece: Equatable {
    case text(String)
    case reference(Reference)
  }

  struct Problem: Error {
    var message: String
    var remedy: String
  }

  var pieces: [Piece]

  /// Whether there is anything to fill in or to unescape.
  static func isNeeded(for text: String) -> Bool {
    var previous: UInt8 = 0
    for byte in text.utf8 {
      if previous == UInt8(ascii: "$"), byte == UInt8(ascii: "{") || byte == UInt8(ascii: "$") { return true }
      previous = byte
    }
    return false
  }

  init(parsing text: String) throws(Problem) {
    pieces = []
    var literal = ""
    var rest = text[...]
    while let dollar = rest.firstIndex(of: "$") {
      literal += rest[..<dollar]
      rest = rest[dollar...].dropFirst()
      if rest.first == "$" {
        literal += "$"
        rest = rest.dropFirst()
      } else if rest.first == "{" {
        guard let end = rest.firstIndex(of: "}") else {
          throw Problem(
            message: "a reference that begins with ${ has no } behind it",
            remedy: "close it, or write $${ for the characters ${"
          )
        }
        if !literal.isEmpty { pieces.append(.text(literal)) }
        literal = ""
        pieces.append(.reference(try Self.reference(rest[..<end].dropFirst())))
        rest = rest[end...].dropFirst()
      } else {
        literal += "$"
      }
    }
    literal += rest
    if !literal.isEmpty { pieces.append(.text(literal)) }
  }

  var references: [Reference] {
    pieces.compactMap { if case .reference(let reference) = $0 { reference } else { nil } }
  }

  private static func reference(_ text: Substring) throws(Problem) -> Reference {
    let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    guard parts.count == 2, let source = Source(rawValue: parts[0]) else {
      throw Problem(
        message: "${\(text.prefix(60))} is no reference",
        remedy: "write ${SECRET:name} or ${ENV:NAME}, or $${ for the characters ${"
      )
    }
    let isValid =
      switch source {
      case .secret: SecretName.isValid(parts[1])
      case .environment: isVariable(parts[1])
      }
    guard isValid else {
      let rule = source == .secret ? "letters, digits, '-', '_' and '.'" : "letters, digits and '_', with no digit in front"
      throw Problem(message: "\"\(parts[1].prefix(60))\" cannot be the name in ${\(parts[0]):…}", remedy: "use \(rule)")
    }
    return Reference(source: source, name: parts[1])
  }

  private static func isVariable(_ name: String) -> Bool {
    guard let first = name.utf8.first, !(UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first) else { return false }
    return name.utf8.allSatisfy { $0 != UInt8(ascii: "-") && $0 != UInt8(ascii: ".") } && SecretName.isValid(name)
  }
}
