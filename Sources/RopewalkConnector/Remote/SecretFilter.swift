package import RopewalkCore

/// Takes secrets that a connector was given out of what it logs.
package struct SecretFilter: Sendable {
  /// A shorter secret is not looked for: it would take apart words that have nothing to do with it. In characters.
  private static let shortest = 4
  private static let shown = "***"

  /// Longest first, so that one that contains another is taken out whole.
  private var secrets: [String] = []

  package init() {}

  package mutating func insert(_ secret: Secret) {
    let value = secret.reveal()
    guard value.count >= Self.shortest, !secrets.contains(value) else { return }
    secrets.append(value)
    secrets.sort { $0.utf8.count > $1.utf8.count }
  }

  package func callAsFunction(_ text: String) -> String {
    secrets.reduce(text) { $1.isContained(in: $0) ? $0.replacing($1, with: Self.shown) : $0 }
  }
}

extension String {
  fileprivate func isContained(in text: String) -> Bool { text.utf8.count >= utf8.count && text.contains(self) }
}
