import RopewalkCore

extension SettingKind where Value == String {
  /// Text that is not empty.
  static var string: SettingKind {
    .text(["type": "string", "minLength": 1], encode: { .string($0) }) { (text) throws(SettingMistake) in
      guard !text.isEmpty else { throw SettingMistake(message: "must not be empty") }
      return text
    }
  }

  /// Text, also the empty one.
  static var anyString: SettingKind { .text(encode: { .string($0) }) { text in text } }

  /// The name of an HTTP header.
  static var headerName: SettingKind {
    .text(["type": "string", "pattern": "^[!#$%&'*+.^_`|~0-9A-Za-z-]+$"], encode: { .string($0) }) { (text) throws(SettingMistake) in
      guard HTTPSyntax.isToken(text) else {
        throw SettingMistake(message: "must be a header name", remedy: "use letters, digits and '-'")
      }
      return text
    }
  }

  /// The value of an HTTP header.
  static var headerValue: SettingKind {
    .text(encode: { .string($0) }) { (text) throws(SettingMistake) in
      guard HTTPSyntax.isFieldValue(text) else {
        throw SettingMistake(message: "holds characters that a header cannot carry", remedy: "remove line breaks and control characters")
      }
      return text
    }
  }

  /// An HTTP method.
  static var method: SettingKind {
    .text(["type": "string", "pattern": "^[A-Z]+$"], encode: { .string($0) }) { (text) throws(SettingMistake) in
      guard HTTPSyntax.isToken(text), text == text.uppercased() else {
        throw SettingMistake(message: "must be an HTTP method in capitals", remedy: "such as POST")
      }
      return text
    }
  }
}

extension SettingKind where Value == Secret {
  static var secret: SettingKind {
    .text(["type": "string", "minLength": 1], encode: { _ in .string("***") }) { (text) throws(SettingMistake) in
      guard !text.isEmpty else {
        throw SettingMistake(message: "must not be empty", remedy: "check that the secret it comes from has a value")
      }
      return Secret(text)
    }
  }
}
