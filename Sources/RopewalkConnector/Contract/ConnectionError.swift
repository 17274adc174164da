/// Why a connector could not do what it was asked, and whether asking again can help.
public struct ConnectionError: Error, Sendable, CustomStringConvertible {
  public struct Code: Sendable, Hashable, CustomStringConvertible {
    public let name: String

    public init(name: String) {
      self.name = name
    }

    public static let invalidConfiguration = Code(name: "INVALID_CONFIG")
    public static let connectionFailed = Code(name: "CONNECTION_FAILED")
    public static let sendFailed = Code(name: "SEND_FAILED")
    public static let receiveFailed = Code(name: "RECEIVE_FAILED")
    public static let timeout = Code(name: "TIMEOUT")
    /// The peer looked at the message and will never take it.
    public static let rejected = Code(name: "REJECTED")
    public static let rateLimited = Code(name: "RATE_LIMITED")
    public static let unauthorized = Code(name: "UNAUTHORIZED")
    public static let unsupported = Code(name: "UNSUPPORTED")
    public static let cancelled = Code(name: "CANCELLED")
    /// A connector in a process of its own does not keep to the contract.
    public static let protocolViolation = Code(name: "PROTOCOL_VIOLATION")

    public var description: String { name }
  }

  /// What became of the attempt that failed, for the number of attempts that a message has.
  public enum Attempt: Sendable, Hashable {
    /// It was made, and counts.
    case made
    /// It was not made, because whoever makes it is not there now: it does not count, and the message waits.
    case notMade
    /// Whoever made it went away meanwhile; the outcome is unknown. It counts only when it happens while nothing else was on its way.
    case interrupted
  }

  public var code: Code
  /// Plain words, without payload or secret.
  public var message: String
  /// Whether the same attempt may succeed later.
  public var recoverable: Bool
  /// What the peer asked for, such as HTTP's `Retry-After`.
  public var retryAfter: Duration?
  /// Default ``Attempt/made``; the host's own proxies say otherwise.
  public var attempt = Attempt.made

  public init(_ code: Code, _ message: String, recoverable: Bool = false, retryAfter: Duration? = nil) {
    self.code = code
    self.message = message
    self.recoverable = recoverable
    self.retryAfter = retryAfter
  }

  public var description: String { "\(message) [\(code)]" }
}
