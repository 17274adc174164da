import RopewalkCore

/// A payload with places to fill in: `{n}` the message's number from 1, `{customer}`, `{id}`, `{time}` in RFC 3339. Other braces stay.
struct PayloadTemplate: Sendable, Equatable {
  enum Field: String, CaseIterable, Sendable { case n, customer, id, time }

  struct Values {
    var number: Int
    var customer: String
    var id: String
    var time: Timestamp
  }

  private enum Part: Sendable, Equatable {
    case text([UInt8])
    case field(Field)
  }

  let text: String
  private let parts: [Part]

  init(_ text: String) {
    self.text = text
    var parts: [Part] = []
    var rest = text[...]
    var plain = ""
    while let open = rest.firstIndex(of: "{") {
      plain += rest[..<open]
      let word = rest[open...].dropFirst().prefix { $0.isLowercase }
      if let field = Field(rawValue: String(word)), rest[word.endIndex...].hasPrefix("}") {
        if !plain.isEmpty { parts.append(.text(Array(plain.utf8))) }
        plain = ""
        parts.append(.field(field))
        rest = rest[word.endIndex...].dropFirst()
      } else {
        plain += "{"
        rest = rest[open...].dropFirst()
      }
    }
    plain += rest
    if !plain.isEmpty { parts.append(.text(Array(plain.utf8))) }
    self.parts = parts
  }

  func filled(with values: Values) -> [UInt8] {
    parts.reduce(into: []) { payload, part in
      switch part {
      case .text(let bytes): payload += bytes
      case .field(.n): payload += String(values.number).utf8
      case .field(.customer): payload += values.customer.utf8
      case .field(.id): payload += values.id.utf8
      case .field(.time): payload += values.time.description.utf8
      }
    }
  }
}

extension SettingKind where Value == PayloadTemplate {
  /// Text, or a map or list that is written as JSON.
  static var payload: SettingKind {
    SettingKind(
      schema: ["type": ["string", "object", "array"]],
      parse: { (json) throws(SettingMistake) in
        switch json {
        case .string(let text): return PayloadTemplate(text)
        case .object, .array: return PayloadTemplate(json.text())
        default: throw SettingMistake(message: "must be text, a map or a list, not \(json.typeName)", remedy: "put it in quotes")
        }
      },
      encode: { .string($0.text) }
    )
  }
}
