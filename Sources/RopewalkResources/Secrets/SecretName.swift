public import RopewalkCore

extension ErrorCode {
  /// A secret's name that no source can have.
  public static let secretName = ErrorCode("secret.name", .invalid)
  /// The secret may exist, but it could not be read now.
  public static let secretUnreadable = ErrorCode("secret.unreadable", .unavailable)
}

/// What secrets may be called: the rule of Kubernetes for the keys of a Secret.
enum SecretName {
  static let maxLength = 253

  /// Letters, digits, `-`, `_` and `.`, at most ``maxLength``, and not beginning with two dots or being one.
  static func isValid(_ name: String) -> Bool {
    (1...maxLength).contains(name.utf8.count) && name != "." && !name.hasPrefix("..") && name.utf8.allSatisfy(isAllowed)
  }

  static func check(_ name: String) throws(RopewalkError) {
    guard isValid(name) else {
      throw RopewalkError(
        .secretName,
        "\"\(name.prefix(60))\" cannot be the name of a secret: use letters, digits, '-', '_' and '.', at most \(maxLength)"
      )
    }
  }

  private static func isAllowed(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
    case UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."): true
    default: false
    }
  }
}
