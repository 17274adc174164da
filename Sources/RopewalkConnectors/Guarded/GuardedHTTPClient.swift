package import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import RopewalkCore
package import RopewalkPlugins
import Synchronization

/// The client behind the `HTTPCall` host function: reaches what a step's policy allows, and nothing else.
///
/// A name is resolved here, its addresses are checked, and the connection goes to a checked address itself,
/// so that a name cannot point elsewhere between check and use.
package final class GuardedHTTPClient: Sendable {
  /// Origins with open connections at once.
  static let maxOrigins = 256
  /// Connections to one origin at once.
  static let maxConnectionsPerOrigin = 32
  /// How long a connection stays open without a call.
  static let idleTimeout = Duration.seconds(15)

  /// Connections are shared only where they lead to the same addresses: what one policy may reach another may not.
  private struct Key: Hashable {
    var origin: HTTPURL.Origin
    var addresses: Set<SocketAddress>
  }

  private struct State {
    var pools: [Key: HTTPPool] = [:]
    var tls: NIOSSLContext?
  }

  private let group: any EventLoopGroup
  private let resolver: AddressResolver
  /// Authorities to trust instead of the system's; for tests.
  private let caCertificate: String?
  private let state = Mutex(State())

  /// - Parameters:
  ///   - group: runs the sockets; stays the caller's.
  ///   - resolver: looks host names up; nil for the system's own.
  package convenience init(group: any EventLoopGroup, resolver: AddressResolver? = nil) {
    self.init(group: group, resolver: resolver, caCertificate: nil)
  }

  init(group: any EventLoopGroup, resolver: AddressResolver?, caCertificate: String?) {
    self.group = group
    self.resolver = resolver ?? SystemResolver(threads: .singleton).resolver
    self.caCertificate = caCertificate
  }

  package var outbound: OutboundHTTP {
    OutboundHTTP { (request, policy) async throws(OutboundHTTP.Failure) in try await self.perform(request, under: policy) }
  }

  /// Closes every connection; calls under way fail.
  package func shutdown() {
    let pools = state.withLock { state in
      defer { state.pools = [:] }
      return Array(state.pools.values)
    }
    for pool in pools { pool.shutDown() }
  }

  private func perform(
    _ request: OutboundHTTP.Request,
    under policy: OutboundHTTP.Policy
  ) async throws(OutboundHTTP.Failure) -> OutboundHTTP.Response {
    let deadline = NIODeadline.now() + TimeAmount(policy.timeout)
    var guarded = try GuardedRequest(request, under: policy)
    var redirects = 0
    while true {
      let answer = try await exchange(guarded, until: deadline, under: policy)
      let location = answer.head.headers.first(name: "location")
      guard policy.maxRedirects > 0, Self.isRedirect(answer.head.status), let location else { return Self.response(answer) }
      redirects += 1
      guard redirects <= policy.maxRedirects else {
        throw OutboundHTTP.Failure(
          .httpTooManyRedirects,
          "\(guarded.url.origin) redirects more often than 'http.maxRedirects' (\(policy.maxRedirects))"
        )
      }
      try guarded.follow(answer.head.status, to: location)
    }
  }

  private func exchange(
    _ request: GuardedRequest,
    until deadline: NIODeadline,
    under policy: OutboundHTTP.Policy
  ) async throws(OutboundHTTP.Failure) -> HTTPExchange.Answer {
    let origin = request.url.origin
    try request.checkHost(under: policy)
    let found: [SocketAddress]
    do throws(HTTPClientError) {
      found = try await resolver.addresses(of: origin, until: deadline, timeout: policy.timeout)
    } catch {
      throw OutboundHTTP.Failure(error)
    }
    let addresses = try request.reachable(found, under: policy)
    let pool = try pool(for: origin, addresses)
    do throws(HTTPClientError) {
      return try await pool.perform(request.exchange(until: deadline, under: policy)) { addresses }
    } catch {
      throw OutboundHTTP.Failure(error)
    }
  }

  private func pool(for origin: HTTPURL.Origin, _ addresses: [SocketAddress]) throws(OutboundHTTP.Failure) -> HTTPPool {
    let key = Key(origin: origin, addresses: Set(addresses))
    let result: Result<HTTPPool, OutboundHTTP.Failure> = state.withLock { state in
      if let pool = state.pools[key] { return .success(pool) }
      if state.pools.count >= Self.maxOrigins { state.pools = state.pools.filter { !$0.value.isUnused } }
      guard state.pools.count < Self.maxOrigins else {
        return .failure(OutboundHTTP.Failure(.httpOverloaded, "calls to \(Self.maxOrigins) hosts are open already; try again later"))
      }
      do {
        if origin.isSecure, state.tls == nil {
          state.tls = try ClientTLS.makeContext(authorities: try caCertificate.map(PEMFile.certificates))
        }
      } catch {
        return .failure(OutboundHTTP.Failure(.httpTLS, "the trusted certificates cannot be read: \(error)"))
      }
      let dialer = HTTPDialer(origin: origin, tls: origin.isSecure ? state.tls : nil, idleTimeout: Self.idleTimeout, group: group)
      let pool = HTTPPool(
        dialer: dialer,
        limits: HTTPPool.Limits(maxConnections: Self.maxConnectionsPerOrigin, idleTimeout: Self.idleTimeout)
      )
      state.pools[key] = pool
      return .success(pool)
    }
    return try result.get()
  }

  private static func isRedirect(_ status: HTTPResponseStatus) -> Bool {
    [301, 302, 303, 307, 308].contains(status.code)
  }

  private static func response(_ answer: HTTPExchange.Answer) -> OutboundHTTP.Response {
    OutboundHTTP.Response(
      status: Int(answer.head.status.code),
      headers: MessageHeaders(answer.head.headers.map { .init(name: $0.name, value: $0.value) }),
      body: answer.body.map { Array($0.readableBytesView) } ?? []
    )
  }
}
