/// Where a plugin, or a connection that a broker offers, is to be reached.
public enum PluginAddress: Sendable, Hashable {
  case unix(path: String)
  case tcp(host: String, port: Int)

  /// A path is at most this many bytes long, as the kernel has it.
  static let maximumPathLength = 107

  init(network: String, address: String) throws(GoPluginError) {
    switch network {
    case "unix":
      guard !address.isEmpty, address.utf8.count <= Self.maximumPathLength else {
        throw GoPluginError(
          .malformedHandshake,
          "a socket's path must have 1 to \(Self.maximumPathLength) bytes and this one has \(address.utf8.count)"
        )
      }
      self = .unix(path: address)
    case "tcp":
      guard let colon = address.lastIndex(of: ":"), let port = Int(address[address.index(after: colon)...]),
        (1...65535).contains(port), colon > address.startIndex
      else {
        throw GoPluginError(.malformedHandshake, "a TCP address must be HOST:PORT")
      }
      var host = String(address[..<colon])
      if host.hasPrefix("["), host.hasSuffix("]") { host = String(host.dropFirst().dropLast()) }
      self = .tcp(host: host, port: port)
    default:
      throw GoPluginError(.malformedHandshake, "a plugin listens on 'unix' or 'tcp', not on '\(network.prefix(32))'")
    }
  }

  /// The kind of address as the protocol names it.
  var network: String {
    switch self {
    case .unix: "unix"
    case .tcp: "tcp"
    }
  }

  /// The address as the protocol writes it.
  var text: String {
    switch self {
    case .unix(let path): path
    case .tcp(let host, let port): host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    }
  }
}
