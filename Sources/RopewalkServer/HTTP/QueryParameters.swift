import RopewalkCore

/// What stands behind the `?` of a request.
struct QueryParameters: Sendable, Hashable {
  private var values: [String: String] = [:]

  /// The first value counts where a name comes twice.
  /// - Throws: 400 when it is not percent-encoded rightly.
  init(_ text: some StringProtocol) throws(StatusError) {
    for pair in text.split(separator: "&") {
      let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      let texts = parts.map { PercentEncoding.decode(String($0.map { $0 == "+" ? " " : $0 })) }
      guard let name = texts[0], let value = texts.count > 1 ? texts[1] : "" else {
        throw .badRequest("the query of the URL is not percent-encoded rightly")
      }
      if values[name] == nil { values[name] = value }
    }
  }

  /// Nil when it is missing or empty.
  subscript(name: String) -> String? { values[name].flatMap { $0.isEmpty ? nil : $0 } }

  func flag(_ name: String) throws(StatusError) -> Bool {
    guard let text = values[name] else { return false }
    switch text {
    case "true", "1", "": return true
    case "false", "0": return false
    default: throw .badRequest("\(name)=\(text.prefix(32)) is neither true nor false")
    }
  }

  /// A whole number of at least 0; nil when it is missing.
  func number(_ name: String) throws(StatusError) -> Int? {
    guard let text = self[name] else { return nil }
    guard let number = Int(text), number >= 0 else { throw .badRequest("\(name)=\(text.prefix(32)) is not a whole number of at least 0") }
    return number
  }
}
