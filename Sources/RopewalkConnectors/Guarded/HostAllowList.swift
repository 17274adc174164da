/// The hosts that one step may call: `host`, `host:port`, `*.suffix`, `*.suffix:port`; `[v6]` for addresses.
///
/// Without a port, 443 and 80 are meant. A `*` stands for one or more labels, never for none.
struct HostAllowList {
  private let entries: [String]

  init(_ entries: [String]) {
    self.entries = entries
  }

  func allows(_ origin: HTTPURL.Origin) -> Bool {
    entries.contains { Self.matches($0.lowercased(), origin) }
  }

  private static func matches(_ entry: String, _ origin: HTTPURL.Origin) -> Bool {
    var pattern = entry[...]
    if let colon = entry.lastIndex(of: ":"), !entry[colon...].contains("]"), entry.hasPrefix("[") || entry.firstIndex(of: ":") == colon {
      guard let port = UInt16(entry[entry.index(after: colon)...]), Int(port) == origin.port else { return false }
      pattern = entry[..<colon]
    } else {
      guard origin.port == 443 || origin.port == 80 else { return false }
    }
    if pattern.hasPrefix("["), pattern.hasSuffix("]") { pattern = pattern.dropFirst().dropLast() }
    let host = withoutFinalDot(origin.host[...])
    pattern = withoutFinalDot(pattern)
    guard pattern.hasPrefix("*.") else { return !pattern.isEmpty && host == pattern }
    let suffix = pattern.dropFirst()
    return suffix.utf8.count > 1 && host.utf8.count > suffix.utf8.count && host.hasSuffix(suffix)
  }

  private static func withoutFinalDot(_ name: Substring) -> Substring {
    name.hasSuffix(".") ? name.dropLast() : name
  }
}
