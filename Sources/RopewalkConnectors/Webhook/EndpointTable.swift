import RopewalkCore

/// Which endpoint takes a path. Fixed paths come before those with named parts; among these, more words come first.
///
/// An endpoint that has gone may keep its place until another one takes it.
struct EndpointTable<Endpoint: AnyObject & Sendable>: Sendable {
  private var fixed: [String: Endpoint] = [:]
  private var patterns: [(path: EndpointPath, endpoint: Endpoint)] = []
  private var vacated: [Endpoint] = []

  /// False when another endpoint matches the same paths, unless that has vacated its place.
  mutating func insert(_ endpoint: Endpoint, at path: EndpointPath) -> Bool {
    for old in vacated where self.path(of: old)?.matchesSame(as: path) == true { remove(old) }
    if path.isFixed {
      guard fixed[path.description] == nil else { return false }
      fixed[path.description] = endpoint
      return true
    }
    guard !patterns.contains(where: { $0.path.matchesSame(as: path) }) else { return false }
    let index = patterns.firstIndex { Self.words(in: $0.path) < Self.words(in: path) } ?? patterns.endIndex
    patterns.insert((path, endpoint), at: index)
    return true
  }

  /// The endpoint answers at its place until another one takes it, or ``removeVacated()``.
  mutating func vacate(_ endpoint: Endpoint) {
    vacated.append(endpoint)
  }

  mutating func removeVacated() {
    for endpoint in vacated { remove(endpoint) }
  }

  mutating func remove(_ endpoint: Endpoint) {
    vacated.removeAll { $0 === endpoint }
    fixed = fixed.filter { $0.value !== endpoint }
    patterns.removeAll { $0.endpoint === endpoint }
  }

  /// The endpoint for a request's target, with what its named parts stand for.
  func match(_ target: String) -> (endpoint: Endpoint, captures: [MessageHeaders.Field])? {
    var path = target.utf8.contains(UInt8(ascii: "?")) ? target.prefix { $0 != "?" } : target[...]
    if !path.hasPrefix("/") { path = Self.path(ofAbsolute: path) }
    if let endpoint = fixed[String(path)] { return (endpoint, []) }
    guard path.hasPrefix("/") else { return nil }
    for (pattern, endpoint) in patterns {
      if let captures = pattern.captures(in: path) { return (endpoint, captures) }
    }
    return nil
  }

  /// `/a` of `http://host/a`, as a proxy would be asked; a server must take that too (RFC 9112, 3.2.2).
  private static func path(ofAbsolute target: Substring) -> Substring {
    let parts = target.split(separator: "/", maxSplits: 3, omittingEmptySubsequences: false)
    guard parts.count > 2, parts[0] == "http:" || parts[0] == "https:", parts[1].isEmpty else { return target }
    return parts.count == 3 ? "/" : target[target.index(before: parts[3].startIndex)...]
  }

  private func path(of endpoint: Endpoint) -> EndpointPath? {
    if let path = fixed.first(where: { $0.value === endpoint })?.key { return try? EndpointPath(parsing: path) }
    return patterns.first { $0.endpoint === endpoint }?.path
  }

  private static func words(in path: EndpointPath) -> Int {
    path.parts.count { if case .word = $0 { true } else { false } }
  }
}
