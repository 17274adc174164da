package import RopewalkCore

/// `ordering`: which deliveries wait for earlier ones.
public enum Ordering: String, Sendable, CaseIterable {
  /// None: deliveries are made at once, and one that is tried again is overtaken.
  case none
  /// One at a time for each customer, key and destination, in the order of acceptance.
  case key
  /// One at a time for each destination; each customer's in the order of acceptance.
  case strict
}

/// `orderingKey`: the key of a message within its customer, taken from the message as it came.
public enum OrderingKey: Sendable, Equatable {
  /// `orderingKey: { header: X-Order-ID }`
  case header(String)
  /// `orderingKey: { pointer: /order/id }`, a JSON Pointer (RFC 6901) into the payload.
  case pointer(JSONPointer)

  /// The key; empty when the message has none, so that such messages of a customer are kept in order among themselves.
  package func key(of message: Message) -> String {
    switch self {
    case .header(let name): message.headers[name] ?? ""
    case .pointer(let pointer): (try? JSON.parse(message.payload)).flatMap(pointer.value)?.keyText ?? ""
    }
  }
}

/// A JSON Pointer (RFC 6901): `/order/lines/0/sku`; `~1` stands for `/` and `~0` for `~`.
public struct JSONPointer: Sendable, Equatable {
  public let parts: [String]

  /// Nil when the text is empty, does not begin with `/`, or has `~` before anything but `0` and `1`.
  public init?(_ text: String) {
    guard text.hasPrefix("/") else { return nil }
    var parts: [String] = []
    for part in text.dropFirst().split(separator: "/", omittingEmptySubsequences: false) {
      let escapes = part.split(separator: "~", omittingEmptySubsequences: false).dropFirst()
      guard escapes.allSatisfy({ $0.hasPrefix("0") || $0.hasPrefix("1") }) else { return nil }
      parts.append(String(part.replacing("~1", with: "/").replacing("~0", with: "~")))
    }
    self.parts = parts
  }

  /// What it points to; nil when there is nothing.
  package func value(in json: JSON) -> JSON? {
    parts.reduce(Optional(json)) { json, part in
      switch json {
      case .object(let object): object[part]
      case .array(let items): Int(part).flatMap { items.indices.contains($0) ? items[$0] : nil }
      default: nil
      }
    }
  }
}

extension JSON {
  /// What makes two values the same key.
  fileprivate var keyText: String? {
    switch self {
    case .string(let text): text
    case .null: nil
    default: self.text()
    }
  }
}
