/// Why one HTTP exchange did not end with an answer.
enum HTTPClientError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The name has no address.
  case unresolvable(host: String)
  /// Nobody answers at the address, or it refuses.
  case unreachable(String, reason: String)
  case tls(String, reason: String)
  case timeout(String, after: String)
  /// The peer closed before its answer was complete: whether it took the request is unknown.
  case closed(String)
  /// The answer is not HTTP/1.1.
  case malformed(String, reason: String)
  case tooLarge(String, limit: String)
  /// As many requests wait for a connection as may.
  case overloaded(String, waiting: Int)
  case cancelled
  case shutDown

  /// Names host and port at most, never a path, a header or a payload.
  var description: String {
    switch self {
    case .unresolvable(let host): "the name \(host) cannot be resolved; check its spelling and the name server"
    case .unreachable(let peer, let reason): "\(peer) cannot be reached (\(reason)); check that it runs and that host and port are right"
    case .tls(let peer, let reason): "no TLS connection to \(peer): \(reason)"
    case .timeout(let peer, let limit): "\(peer) did not answer within \(limit)"
    case .closed(let peer): "\(peer) closed the connection before its answer was complete; whether it took the request is unknown"
    case .malformed(let peer, let reason): "the answer of \(peer) is not valid HTTP/1.1 (\(reason))"
    case .tooLarge(let peer, let limit): "the answer of \(peer) is larger than \(limit)"
    case .overloaded(let peer, let waiting): "\(waiting) requests already wait for a connection to \(peer)"
    case .cancelled: "the call was cancelled"
    case .shutDown: "the HTTP client is shut down"
    }
  }
}
