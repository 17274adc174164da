package import RopewalkCore

/// A place within a JSON value, RFC 6901: `/lines/0/amount`. The empty pointer is the whole value.
package struct JSONPointer: Sendable, Hashable, CustomStringConvertible {
  package let tokens: [String]

  package init(tokens: [String]) {
    self.tokens = tokens
  }

  /// Parses a pointer; nil where it neither is empty nor starts with `/`, or has a `~` without `0` or `1` behind it.
  package init?(_ text: String) {
    guard !text.isEmpty else {
      self.tokens = []
      return
    }
    guard text.utf8.first == UInt8(ascii: "/") else { return nil }
    var tokens: [String] = []
    for part in text.dropFirst().split(separator: "/", omittingEmptySubsequences: false) {
      guard let token = Self.unescape(part) else { return nil }
      tokens.append(token)
    }
    self.tokens = tokens
  }

  package var description: String {
    tokens.map { "/" + Self.escape($0) }.joined()
  }

  static func escape(_ token: String) -> String {
    guard token.utf8.contains(where: { $0 == UInt8(ascii: "~") || $0 == UInt8(ascii: "/") }) else { return token }
    return String(
      decoding: token.utf8.flatMap { byte -> [UInt8] in
        switch byte {
        case UInt8(ascii: "~"): Array("~0".utf8)
        case UInt8(ascii: "/"): Array("~1".utf8)
        default: [byte]
        }
      },
      as: UTF8.self
    )
  }

  private static func unescape(_ part: Substring) -> String? {
    guard part.utf8.contains(UInt8(ascii: "~")) else { return String(part) }
    var bytes: [UInt8] = []
    var iterator = part.utf8.makeIterator()
    while let byte = iterator.next() {
      guard byte == UInt8(ascii: "~") else {
        bytes.append(byte)
        continue
      }
      switch iterator.next() {
      case UInt8(ascii: "0"): bytes.append(UInt8(ascii: "~"))
      case UInt8(ascii: "1"): bytes.append(UInt8(ascii: "/"))
      default: return nil
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// The index that a token names in a list: digits without a leading zero.
  static func index(_ token: String) -> Int? {
    guard let first = token.utf8.first, token.utf8.allSatisfy({ 0x30...0x39 ~= $0 }), first != 0x30 || token.utf8.count == 1 else {
      return nil
    }
    return Int(token)
  }
}

extension JSON {
  /// The value a pointer leads to; nil where there is none.
  package subscript(_ pointer: JSONPointer) -> JSON? {
    var value = self
    for token in pointer.tokens {
      switch value {
      case .object(let object):
        guard let member = object[token] else { return nil }
        value = member
      case .array(let elements):
        guard let index = JSONPointer.index(token), elements.indices.contains(index) else { return nil }
        value = elements[index]
      default: return nil
      }
    }
    return value
  }
}
