package import RopewalkCore

/// Which headers' values are secrets, judged by their names: rather one too many than one too few.
package enum SecretHeaders {
  /// In small letters; a header whose name has one of them in it is secret.
  private static let words = [
    "authorization", "cookie", "token", "secret", "password", "passwd", "api-key", "apikey", "signature", "credential", "session", "-auth",
  ]

  package static func contains(_ name: String) -> Bool {
    let name = name.lowercased()
    return words.contains { name.contains($0) }
  }

  /// The value as it may be shown.
  package static func shown(_ field: MessageHeaders.Field) -> String {
    contains(field.name) ? "***" : field.value
  }
}
