import NIOCore
import RopewalkCore
package import RopewalkPlugins

extension OutboundHTTP {
  /// The same behind all that ``GuardedHTTPClient`` holds a call to and that takes no network: its URL, its host, an address
  /// that stands for it, its size and its answer's.
  package var guarded: OutboundHTTP {
    OutboundHTTP { (request, policy) async throws(Failure) in
      let guarded = try GuardedRequest(request, under: policy)
      try guarded.checkHost(under: policy)
      if let address = Self.address(writtenAs: guarded.url.origin) { _ = try guarded.reachable([address], under: policy) }
      let response = try await self.perform(request, under: policy)
      guard response.body.count <= policy.maxResponseSize.bytes else {
        throw Failure(.tooLarge("\(guarded.url.origin)", limit: policy.maxResponseSize.description))
      }
      return response
    }
  }

  /// What a host means without asking anybody.
  private static func address(writtenAs origin: HTTPURL.Origin) -> SocketAddress? {
    try? SocketAddress(ipAddress: origin.host == "localhost" ? "127.0.0.1" : origin.host, port: origin.port)
  }
}
