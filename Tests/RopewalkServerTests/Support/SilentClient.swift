#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// A client that sends a request over TCP and never reads the answer.
final class SilentClient: Sendable {
  private let descriptor: Int32

  init(port: Int, token: String, path: String) throws {
    descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var size: Int32 = 4096
    setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &size, socklen_t(MemoryLayout<Int32>.size))
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = in_port_t(port).bigEndian
    address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
    let connected = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) }
    }
    let request = Array("GET \(path) HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer \(token)\r\n\r\n".utf8)
    guard connected == 0, send(descriptor, request, request.count, 0) == request.count else { throw Failure("cannot ask for \(path)") }
  }

  deinit { close(descriptor) }
}
