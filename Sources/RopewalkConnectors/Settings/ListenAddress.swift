import RopewalkCore

/// Where to listen: `127.0.0.1:8080`, `[::1]:8080`, `localhost:8080`. Port 0 lets the system choose.
package struct ListenAddress: Sendable, Hashable, CustomStringConvertible {
  package var host: String
  package var port: Int

  package init(host: String, port: Int) {
    self.host = host
    self.port = port
  }

  /// Nil when the text has no host, no port, or a port beyond 65,535.
  package init?(parsing text: String) {
    guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]) else { return nil }
    var host = text[..<colon]
    if host.hasPrefix("["), host.hasSuffix("]") {
      host = host.dropFirst().dropLast()
      guard host.contains(":") else { return nil }
    } else if host.contains(":") {
      return nil
    }
    guard !host.isEmpty else { return nil }
    self.init(host: String(host), port: Int(port))
  }

  package var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}

extension SettingKind where Value == ListenAddress {
  static var listenAddress: SettingKind {
    .text(encode: { .string($0.description) }) { (text) throws(SettingMistake) in
      guard let address = ListenAddress(parsing: text) else {
        throw SettingMistake(message: "is not an address to listen on", remedy: "write host:port, such as 127.0.0.1:8080 or [::1]:8080")
      }
      return address
    }
  }
}
