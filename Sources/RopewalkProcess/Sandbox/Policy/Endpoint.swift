package import RopewalkCore

/// A host, by name or address, and a TCP port, as in `api.example.com:443`, `127.0.0.1:5432` and `[2001:db8::1]:443`.
package struct Endpoint: Sendable, Hashable, CustomStringConvertible {
  /// Without the brackets of an IPv6 address.
  package let host: String
  package let port: Int

  /// Throws `sandbox.configuration`. Patterns such as `*.example.com` are refused: nothing in the sandbox looks names up,
  /// so each must be known beforehand.
  package init(parsing text: String) throws(RopewalkError) {
    guard let colon = text.lastIndex(of: ":"), let port = Int(text[text.index(after: colon)...]), (1...65535).contains(port) else {
      throw RopewalkError(.sandboxConfiguration, "'\(text)' is no place on the network: write HOST:PORT with a port of 1 to 65535")
    }
    var host = String(text[..<colon])
    let isBracketed = host.hasPrefix("[") && host.hasSuffix("]")
    if isBracketed { host = String(host.dropFirst().dropLast()) }
    let address = InternetAddress(parsing: host)
    switch address {
    case .v6 where isBracketed, .v4 where !isBracketed: break
    case nil where !isBracketed && Self.isHostName(host): break
    default:
      throw RopewalkError(
        .sandboxConfiguration,
        "'\(text)' names no host: write a full host name without patterns, an IPv4 address, or an IPv6 address in brackets"
      )
    }
    self.host = host.lowercased()
    self.port = port
  }

  /// The address where the host is written as one.
  var address: InternetAddress? { InternetAddress(parsing: host) }

  package var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }

  private static func isHostName(_ text: String) -> Bool {
    guard (1...253).contains(text.utf8.count) else { return false }
    let labels = text.split(separator: ".", omittingEmptySubsequences: false)
    // A name that ends in digits would be an address, and a wrong one.
    guard labels.last?.utf8.allSatisfy({ (0x30...0x39).contains($0) }) == false else { return false }
    return labels.allSatisfy { label in
      (1...63).contains(label.utf8.count) && label.first != "-" && label.last != "-"
        && label.utf8.allSatisfy {
          (0x30...0x39).contains($0) || (0x41...0x5a).contains($0) || (0x61...0x7a).contains($0) || $0 == 0x2d || $0 == 0x5f
        }
    }
  }
}
