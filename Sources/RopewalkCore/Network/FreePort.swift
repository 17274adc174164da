import Glibc
import Synchronization

extension ErrorCode {
  static let noFreePort = ErrorCode("port.none-free", .unavailable)
}

/// Ports of 127.0.0.1 for programs that must be told theirs before they listen.
///
/// They lie below those that Linux gives to outgoing connections by itself, of which any may be taken between the look and
/// the listening, and a process is given each of them once.
package enum FreePort {
  private static let range = 20_000..<32_768
  /// Processes that look at the same time begin at different places.
  private static let count = Atomic(UInt.random(in: 0..<UInt(range.count)))

  /// - Throws: `port.none-free`.
  package static func next() throws -> Int {
    for _ in range {
      let place = count.wrappingAdd(1, ordering: .relaxed).oldValue % UInt(range.count)
      let port = range.lowerBound + Int(place)
      if isFree(port) { return port }
    }
    throw RopewalkError(.noFreePort, "no port of 127.0.0.1 from \(range.lowerBound) to \(range.upperBound - 1) is free")
  }

  static func isFree(_ port: Int) -> Bool {
    let socket = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    guard socket >= 0 else { return false }
    defer { close(socket) }
    return bind(socket, to: port)
  }

  static func bind(_ socket: Int32, to port: Int) -> Bool {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = in_port_t(port).bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    return withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { Glibc.bind(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0 }
    }
  }
}
