import Crypto
import RopewalkCore

/// The name of a message's file, such as `{customer}/{id}.json`. What a message puts in can neither leave the folder nor
/// name another message's file.
struct FileNamePattern: Sendable, Equatable, CustomStringConvertible {
  enum Field: String, CaseIterable, Sendable { case id, customer, integration, source, correlation }

  private enum Part: Sendable, Equatable {
    case text(String)
    case field(Field)
  }

  /// Why a text is not such a pattern.
  struct Mistake: Error {
    var message: String
    var remedy: String
  }

  /// The longest name that a value becomes, in bytes.
  static let maxValueLength = 120

  static let standard = FileNamePattern(parts: [.field(.id)], description: "{id}")

  private let parts: [Part]
  let description: String

  private init(parts: [Part], description: String) {
    self.parts = parts
    self.description = description
  }

  init(parsing text: String) throws(Mistake) {
    var parts: [Part] = []
    var rest = text[...]
    while let open = rest.firstIndex(of: "{") {
      guard let end = rest[open...].firstIndex(of: "}") else {
        throw Mistake(message: "has a '{' without '}'", remedy: "write {id} or the like")
      }
      let word = String(rest[rest.index(after: open)..<end])
      guard let field = Field(rawValue: word) else {
        let meant = nearestWord(to: word, among: Field.allCases.map(\.rawValue)).map { "did you mean {\($0)}? " } ?? ""
        let known = Field.allCases.map { "{\($0.rawValue)}" }.joined(separator: ", ")
        throw Mistake(message: "has a field {\(word)} that is not known", remedy: "\(meant)known: \(known)")
      }
      if open > rest.startIndex { parts.append(.text(String(rest[..<open]))) }
      parts.append(.field(field))
      rest = rest[rest.index(after: end)...]
    }
    if !rest.isEmpty { parts.append(.text(String(rest))) }
    let components = text.split(separator: "/", omittingEmptySubsequences: false)
    guard !components.contains(where: { ["", ".", ".."].contains($0) }), !text.utf8.contains(0) else {
      throw Mistake(message: "leads out of the folder or has an empty part", remedy: "write a relative name such as {customer}/{id}.json")
    }
    guard parts.contains(.field(.id)) else {
      throw Mistake(message: "has no {id}, so that one message's file would replace another's", remedy: "add {id}")
    }
    self.init(parts: parts, description: text)
  }

  /// The message's file name, relative to the folder.
  func name(of message: Message) -> String {
    parts.map { part in
      switch part {
      case .text(let text): text
      case .field(let field): Self.safe(Self.value(of: field, in: message))
      }
    }.joined()
  }

  private static func value(of field: Field, in message: Message) -> String {
    switch field {
    case .id: message.id
    case .customer: message.metadata.customerID
    case .integration: message.metadata.integrationID
    case .source: message.metadata.source
    case .correlation: message.metadata.correlationID
    }
  }

  /// Letters, digits, '.', '_' and '-' only, no dot in front; where that changed something, a hash of the value keeps names apart.
  private static func safe(_ value: String) -> String {
    let isSafe: (UInt8) -> Bool = { byte in
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
      case UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"): true
      default: false
      }
    }
    if !value.isEmpty, value.utf8.allSatisfy(isSafe), !value.hasPrefix("."), value.utf8.count <= maxValueLength { return value }
    let kept = value.utf8.prefix(maxValueLength).map { isSafe($0) ? $0 : UInt8(ascii: "_") }
    let name = String(decoding: kept, as: UTF8.self)
    return (name.hasPrefix(".") ? "_" + name.dropFirst() : name) + "-" + Hexadecimal.encode(SHA256.hash(data: Array(value.utf8)).prefix(8))
  }
}

extension SettingKind where Value == FileNamePattern {
  static var fileNamePattern: SettingKind {
    .text(encode: { .string($0.description) }) { (text) throws(SettingMistake) in
      do throws(FileNamePattern.Mistake) {
        return try FileNamePattern(parsing: text)
      } catch {
        throw SettingMistake(message: error.message, remedy: error.remedy)
      }
    }
  }
}
