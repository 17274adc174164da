/// One media type of an `Accept` or `Content-Type` header, lower-cased, with its parameters.
struct MediaType: Sendable, Hashable {
  /// `application/json`
  var essence: String
  var parameters: [String: String] = [:]

  /// Reads `application/json;as=Table;v=v1`.
  init(_ text: some StringProtocol) {
    let parts = text.split(separator: ";").map { $0.trimmed }
    essence = parts.first?.lowercased() ?? ""
    for part in parts.dropFirst() {
      let pair = part.split(separator: "=", maxSplits: 1)
      guard pair.count == 2 else { continue }
      parameters[pair[0].trimmed.lowercased()] = pair[1].trimmed.filter { $0 != "\"" }
    }
  }

  static let json = "application/json"
  static let yaml = "application/yaml"
  static let mergePatch = "application/merge-patch+json"
  static let jsonPatch = "application/json-patch+json"
  static let strategicMergePatch = "application/strategic-merge-patch+json"
  static let applyPatch = "application/apply-patch+yaml"
}

extension StringProtocol {
  /// Without white space at either end.
  var trimmed: String {
    var rest = self[...]
    while let first = rest.first, first.isWhitespace { rest = rest.dropFirst() }
    while let last = rest.last, last.isWhitespace { rest = rest.dropLast() }
    return String(rest)
  }
}
