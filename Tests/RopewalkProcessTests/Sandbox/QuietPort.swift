import Glibc

/// Ports of the loopback that the kernel gives to nobody who asks for any: what a test finds closed was not opened by a neighbour.
enum QuietPort {
  /// Below where Linux takes ports from by itself (`ip_local_port_range`).
  private static let range = 20_000..<32_000

  /// A port that nobody listens at.
  static func free() -> Int {
    while true {
      let port = Int.random(in: range)
      guard let socket = bound(to: port) else { continue }
      close(socket)
      return port
    }
  }

  /// Holds a port that refuses every connection while `body` runs.
  static func refusing<Result>(_ body: (_ port: Int) async throws -> Result) async throws -> Result {
    while true {
      let port = Int.random(in: range)
      guard let socket = bound(to: port) else { continue }
      defer { close(socket) }
      return try await body(port)
    }
  }

  /// A socket that is bound and does not listen; nil when the port is taken.
  private static func bound(to port: Int) -> Int32? {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = in_port_t(port).bigEndian
    address.sin_addr = in_addr(s_addr: UInt32(0x7F00_0001).bigEndian)
    let result = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) }
    }
    guard result == 0 else {
      close(descriptor)
      return nil
    }
    return descriptor
  }
}
