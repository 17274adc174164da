/// The headers a message came with, in order. Names are compared without regard to ASCII case.
///
/// Names that start with ``reservedPrefix`` are set by connectors only; a connector strips them from what strangers send.
public struct MessageHeaders: Sendable, Equatable {
  public struct Field: Sendable, Equatable {
    public var name: String
    public var value: String

    public init(name: String, value: String) {
      self.name = name
      self.value = value
    }
  }

  public private(set) var fields: [Field]

  public init(_ fields: [Field] = []) {
    self.fields = fields
  }

  /// Headers such as `ropewalk-path-customer`, which carry what a connector knows of a message beside its payload.
  public static let reservedPrefix = "ropewalk-"

  /// The first value of `name`; setting replaces every field of that name, `nil` removes them.
  public subscript(name: String) -> String? {
    get { fields.first { $0.name.equalsIgnoringASCIICase(name) }?.value }
    set {
      fields.removeAll { $0.name.equalsIgnoringASCIICase(name) }
      if let newValue { fields.append(Field(name: name, value: newValue)) }
    }
  }

  public mutating func append(name: String, value: String) {
    fields.append(Field(name: name, value: value))
  }
}

extension String {
  /// True when both are the same but for the case of the letters A to Z.
  public func equalsIgnoringASCIICase(_ other: String) -> Bool {
    utf8.count == other.utf8.count
      && zip(utf8, other.utf8).allSatisfy { $0 == $1 || ($0 | 0x20 == $1 | 0x20 && ($0 | 0x20) - 0x61 < 26 && $0 | 0x20 >= 0x61) }
  }

  /// True when the string starts with `prefix` but for the case of the letters A to Z.
  public func hasPrefixIgnoringASCIICase(_ prefix: String) -> Bool {
    utf8.count >= prefix.utf8.count && String(decoding: utf8.prefix(prefix.utf8.count), as: UTF8.self).equalsIgnoringASCIICase(prefix)
  }
}
