/// References between schemas, RFC 3986.
enum SchemaURI {
  /// The base of schemas that name none.
  static let unnamed = "schema:/"

  /// The five parts; nil is absent, which differs from empty.
  private struct Parts {
    var scheme: String?
    var authority: String?
    var path = ""
    var query: String?
  }

  /// Splits off the fragment.
  static func split(_ reference: String) -> (uri: String, fragment: String?) {
    guard let hash = reference.firstIndex(of: "#") else { return (reference, nil) }
    return (String(reference[..<hash]), String(reference[reference.index(after: hash)...]))
  }

  /// `reference`, without a fragment, seen from `base`: RFC 3986, 5.2.2.
  static func resolve(_ reference: String, from base: String) -> String {
    let target = parse(reference)
    if target.scheme != nil { return write(target) }
    var result = parse(base)
    if target.authority != nil {
      result.authority = target.authority
      result.path = removingDots(target.path)
      result.query = target.query
    } else if target.path.isEmpty {
      result.query = target.query ?? result.query
    } else {
      result.path = target.path.hasPrefix("/") ? removingDots(target.path) : removingDots(merge(result, target.path))
      result.query = target.query
    }
    return write(result)
  }

  private static func parse(_ text: String) -> Parts {
    var parts = Parts()
    var rest = text[...]
    if let query = rest.firstIndex(of: "?") {
      parts.query = String(rest[rest.index(after: query)...])
      rest = rest[..<query]
    }
    if let colon = rest.firstIndex(of: ":"), isScheme(rest[..<colon]) {
      parts.scheme = String(rest[..<colon])
      rest = rest[rest.index(after: colon)...]
    }
    if rest.hasPrefix("//") {
      rest = rest.dropFirst(2)
      let end = rest.firstIndex(of: "/") ?? rest.endIndex
      parts.authority = String(rest[..<end])
      rest = rest[end...]
    }
    parts.path = String(rest)
    return parts
  }

  static func isScheme(_ text: Substring) -> Bool {
    guard let first = text.utf8.first, (first | 0x20) &- 0x61 < 26 else { return false }
    return text.utf8.allSatisfy { ($0 | 0x20) &- 0x61 < 26 || $0 &- 0x30 < 10 || $0 == 0x2B || $0 == 0x2D || $0 == 0x2E }
  }

  private static func merge(_ base: Parts, _ path: String) -> String {
    if base.authority != nil, base.path.isEmpty { return "/" + path }
    guard let slash = base.path.lastIndex(of: "/") else { return path }
    return base.path[...slash] + path
  }

  private static func removingDots(_ path: String) -> String {
    var output: [Substring] = []
    let segments = path.split(separator: "/", omittingEmptySubsequences: false)
    for (index, segment) in segments.enumerated() {
      let isLast = index == segments.count - 1
      switch segment {
      case ".": if isLast { output.append("") }
      case "..":
        if output.count > 1 || (output.count == 1 && output[0] != "") { output.removeLast() }
        if isLast { output.append("") }
      default: output.append(segment)
      }
    }
    return output.joined(separator: "/")
  }

  private static func write(_ parts: Parts) -> String {
    (parts.scheme.map { $0 + ":" } ?? "") + (parts.authority.map { "//" + $0 } ?? "") + parts.path + (parts.query.map { "?" + $0 } ?? "")
  }
}
