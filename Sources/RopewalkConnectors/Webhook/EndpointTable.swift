import RopewalkCore

/// Which endpoint takes a path. Fixed paths come before those with named parts; among these, more words come first.
struct EndpointTable<Endpoint: AnyObject & Sendable>: Sendable {
  private var fixed: [String: Endpoint] = [:]
  private var patterns: [(path: EndpointPath, endpoint: Endpoint)] = []

  /// False when another endpoint matches the same paths.
  mutating func insert(_ endpoint: Endpoint, at path: EndpointPath) -> Bool {
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

  mutating func remove(_ endpoint: Endpoint) {
    fixed = fixed.filter { $0.value !== endpoint }
    patterns.removeAll { $0.endpoint === endpoint }
  }

  /// The endpoint for a request's target, with what its named parts stand for.
  func match(_ target: String) -> (endpoint: Endpoint, captures: [MessageHeaders.Field])? {
    let path = target.utf8.contains(UInt8(ascii: "?")) ? target.prefix { $0 != "?" } : target[...]
    if let endpoint = fixed[String(path)] { return (endpoint, []) }
    guard path.hasPrefix("/") else { return nil }
    for (pattern, endpoint) in patterns {
      if let captures = pattern.captures(in: path) { return (endpoint, captures) }
    }
    return nil
  }

  private static func words(in path: EndpointPath) -> Int {
    path.parts.count { if case .word = $0 { true } else { false } }
  }
}
