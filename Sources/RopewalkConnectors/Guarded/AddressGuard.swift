import NIOCore

/// Which addresses a stranger's code must not be led to: all that are not plain public ones.
/// (IANA special-purpose address registries, RFC 6890.)
enum AddressGuard {
  /// What kind of special address it is; nil for a public one.
  static func specialKind(of address: SocketAddress) -> String? {
    // Where the address stands in sockaddr_in and sockaddr_in6 is the same on all systems.
    switch address {
    case .v4(let v4): withUnsafeBytes(of: v4.address) { specialKind(ofIPv4: $0[4..<8].reduce(0) { $0 << 8 | UInt32($1) }) }
    case .v6(let v6): withUnsafeBytes(of: v6.address) { specialKind(ofIPv6: Array($0[8..<24])) }
    case .unixDomainSocket: "local"
    }
  }

  private static let specialIPv4: [(prefix: UInt32, length: UInt32, kind: String)] = [
    (0x0000_0000, 8, "unspecified"),
    (0x0A00_0000, 8, "private"),
    (0x6440_0000, 10, "carrier-grade NAT"),
    (0x7F00_0000, 8, "loopback"),
    (0xA83F_8110, 32, "cloud metadata"),
    (0xA9FE_0000, 16, "link-local"),
    (0xAC10_0000, 12, "private"),
    (0xC000_0000, 24, "reserved"),
    (0xC000_0200, 24, "documentation"),
    (0xC058_6300, 24, "6to4 relay"),
    (0xC0A8_0000, 16, "private"),
    (0xC612_0000, 15, "benchmarking"),
    (0xC633_6400, 24, "documentation"),
    (0xCB00_7100, 24, "documentation"),
    (0xE000_0000, 4, "multicast"),
    (0xF000_0000, 4, "reserved"),
  ]

  private static func specialKind(ofIPv4 address: UInt32) -> String? {
    specialIPv4.first { address >> (32 - $0.length) == $0.prefix >> (32 - $0.length) }?.kind
  }

  /// Only 2000::/3 is public, and not all of it.
  private static func specialKind(ofIPv6 bytes: [UInt8]) -> String? {
    switch (bytes[0], bytes[1]) {
    case (0xFE, 0x80...0xBF): return "link-local"
    case (0xFE, 0xC0...0xFF): return "site-local"
    case (0xFC...0xFD, _): return "private"
    case (0xFF, _): return "multicast"
    case (0x20, 0x02): return "6to4"
    case (0x20, 0x01):
      if bytes[2] == 0x0D, bytes[3] == 0xB8 { return "documentation" }
      return bytes[2] < 0x02 ? "reserved" : nil
    case (0x20...0x3E, _): return nil
    case (0x3F, 0xFF) where bytes[2] < 0x10: return "documentation"
    case (0x3F, _): return nil
    case (0x00, 0x64): return "NAT64"
    case (0x00, 0x00): return specialKind(ofEmbeddingIPv6: bytes)
    default: return "reserved"
    }
  }

  private static func specialKind(ofEmbeddingIPv6 bytes: [UInt8]) -> String {
    if bytes.dropLast().allSatisfy({ $0 == 0 }) { return bytes[15] == 1 ? "loopback" : "unspecified" }
    return bytes[..<10].allSatisfy { $0 == 0 } && bytes[10] == 0xFF && bytes[11] == 0xFF ? "IPv4-mapped" : "reserved"
  }
}
