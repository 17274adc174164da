import RopewalkCore

/// A value of a YAML document and the place it stands at. Aliases are already replaced by what they stand for.
struct YAMLNode {
  enum Content {
    case scalar(YAMLScalar)
    case list([YAMLNode])
    case map([YAMLMember])
    /// Reported already: whoever reads it stays silent.
    case broken
  }

  var content: Content
  var mark: SourceMark
  /// How many values this one is, with every alias written out.
  var weight: Int

  init(_ content: Content, at mark: SourceMark) {
    self.content = content
    self.mark = mark
    self.weight =
      switch content {
      case .scalar, .broken: 1
      case .list(let items): items.reduce(1) { $0 + $1.weight }
      case .map(let members): members.reduce(1) { $0 + $1.value.weight }
      }
  }
}

/// One `key: value` of a map.
struct YAMLMember {
  var key: String
  var keyMark: SourceMark
  var value: YAMLNode
}

/// A piece of text, with what decides whether it means a string or something else.
struct YAMLScalar {
  enum Style { case plain, quoted, literal, folded }

  var text: String
  var style: Style
  /// What the file says where `text` is the result of filling in references; never shown is the result.
  var written: String?
  /// The place of the first character, where the text stands in the file as it is: in a literal block (`|`), every line of which
  /// begins in that column, or within one line. Nil where it does not.
  var contentMark: SourceMark?
  /// True when a reference in it could not be filled in and need not be.
  var isUnresolved = false
}

extension YAMLNode {
  /// The value in the types of JSON, by YAML 1.2's core schema: `yes`, `no`, `on`, `off` and dates are strings.
  var json: JSON {
    switch content {
    case .scalar(let scalar): scalar.json
    case .list(let items): .array(items.map(\.json))
    case .map(let members): .object(JSONObject(members.map { JSONObject.Member(key: $0.key, value: $0.value.json) }))
    case .broken: .null
    }
  }

  var isNull: Bool {
    if case .scalar(let scalar) = content { scalar.json == .null } else { false }
  }

  /// What it is, for an error message: `a list`, `the number 5`, `"5x"`.
  var found: String {
    switch content {
    case .scalar(let scalar): scalar.found
    case .list: "a list"
    case .map: "a map"
    case .broken: "something unreadable"
    }
  }
}

extension YAMLScalar {
  var json: JSON {
    style == .plain && written == nil ? Self.plainValue(of: text) : .string(text)
  }

  /// What the file says, shortened; never what a reference stands for.
  var found: String {
    let shown = written ?? text
    switch json {
    case .null: return "nothing"
    case .bool: return "the boolean \(shown)"
    case .number: return "the number \(shown)"
    default:
      let line = shown.prefix { !$0.isNewline }.prefix(60)
      return "\"\(line)\(line.count < shown.count ? "…" : "")\""
    }
  }

  /// What unquoted text means.
  static func plainValue(of text: String) -> JSON {
    switch text {
    case "", "~", "null", "Null", "NULL": .null
    case "true", "True", "TRUE": .bool(true)
    case "false", "False", "FALSE": .bool(false)
    default: YAMLNumber.literal(of: text).map { .number(JSONNumber(literal: $0)) } ?? .string(text)
    }
  }
}
