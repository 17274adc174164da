package import NIOCore
import RopewalkCore

/// Turns a host name into the addresses to connect to, in order of preference. Tests pass their own.
package struct AddressResolver: Sendable {
  private let lookUp: @Sendable (_ host: String, _ port: Int) async -> [SocketAddress]

  package init(_ lookUp: @escaping @Sendable (_ host: String, _ port: Int) async -> [SocketAddress]) {
    self.lookUp = lookUp
  }

  /// The addresses of `host`; empty when it has none or they cannot be found out. Cancelling returns at once.
  package func addresses(of host: String, port: Int) async -> [SocketAddress] {
    await lookUp(host, port)
  }

  /// The addresses of `host`, at least one.
  func addresses(
    of origin: HTTPURL.Origin,
    until deadline: NIODeadline,
    timeout: Duration
  ) async throws(HTTPClientError) -> [SocketAddress] {
    if let address = try? SocketAddress(ipAddress: origin.host, port: origin.port) { return [address] }
    let remaining = deadline - .now()
    let found: [SocketAddress]? = await withTaskGroup(of: [SocketAddress]?.self) { group in
      group.addTask { await addresses(of: origin.host, port: origin.port) }
      group.addTask {
        try? await Task.sleep(for: .nanoseconds(max(0, remaining.nanoseconds)))
        return nil
      }
      defer { group.cancelAll() }
      return await group.next().flatMap { $0 }
    }
    guard !Task.isCancelled else { throw .cancelled }
    guard let found else { throw .timeout(origin.description, after: timeout.shortText) }
    guard !found.isEmpty else { throw .unresolvable(host: origin.host) }
    return found
  }
}
