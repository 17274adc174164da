import RopewalkCore

/// The path of an endpoint: `/hooks/:customer/orders`, each part a word or a name that stands for one.
struct EndpointPath: Sendable, Hashable, CustomStringConvertible {
  enum Part: Sendable, Hashable {
    case word(String)
    case name(String)
  }

  /// Why a text is not such a path.
  struct Mistake: Error {
    var message: String
    var remedy: String
  }

  let parts: [Part]
  let description: String

  init(parsing text: String) throws(Mistake) {
    guard text.hasPrefix("/") else { throw Mistake(message: "does not start with '/'", remedy: "write a path such as /hooks/orders") }
    guard text.utf8.allSatisfy({ 0x21...0x7E ~= $0 && $0 != UInt8(ascii: "?") && $0 != UInt8(ascii: "#") }) else {
      throw Mistake(message: "holds characters that a path cannot carry", remedy: "write them as %XX, and no query")
    }
    var names: Set<String> = []
    var parts: [Part] = []
    for word in text.dropFirst().split(separator: "/", omittingEmptySubsequences: false) {
      guard word.hasPrefix(":") else {
        parts.append(.word(String(word)))
        continue
      }
      let name = String(word.dropFirst())
      guard HTTPSyntax.isToken(name) else {
        throw Mistake(message: "has a part ':' without a usable name", remedy: "write :customer or the like")
      }
      guard names.insert(name.lowercased()).inserted else {
        throw Mistake(message: "names ':\(name)' twice", remedy: "give each part a name of its own")
      }
      parts.append(.name(name))
    }
    self.parts = parts
    description = text
  }

  /// Whether there is nothing to capture, so that a request's path is equal or not.
  var isFixed: Bool {
    parts.allSatisfy { if case .word = $0 { true } else { false } }
  }

  /// Whether both match the same paths.
  func matchesSame(as other: EndpointPath) -> Bool {
    parts.count == other.parts.count
      && zip(parts, other.parts).allSatisfy { pair in
        switch pair {
        case (.word(let left), .word(let right)): left == right
        case (.name, .name): true
        default: false
        }
      }
  }

  /// What a request's path holds at the named parts, decoded; nil when it does not match.
  func captures(in path: Substring) -> [MessageHeaders.Field]? {
    var fields: [MessageHeaders.Field] = []
    var rest = path.dropFirst()
    for (index, part) in parts.enumerated() {
      let end = rest.firstIndex(of: "/") ?? rest.endIndex
      let word = rest[..<end]
      switch part {
      case .word(let expected): guard word == expected else { return nil }
      case .name(let name):
        guard !word.isEmpty, let value = PercentEncoding.decode(word), HTTPSyntax.isFieldValue(value) else { return nil }
        fields.append(.init(name: Self.headerPrefix + name, value: value))
      }
      let isLast = index == parts.count - 1
      guard isLast == (end == rest.endIndex) else { return nil }
      rest = isLast ? rest[end...] : rest[rest.index(after: end)...]
    }
    return fields
  }

  /// What stands before a part's name in the message's headers.
  static let headerPrefix = MessageHeaders.reservedPrefix + "path-"
}

extension SettingKind where Value == EndpointPath {
  static var endpointPath: SettingKind {
    .text(["type": "string", "pattern": "^/"], encode: { .string($0.description) }) { (text) throws(SettingMistake) in
      do throws(EndpointPath.Mistake) {
        return try EndpointPath(parsing: text)
      } catch {
        throw SettingMistake(message: error.message, remedy: error.remedy)
      }
    }
  }
}
