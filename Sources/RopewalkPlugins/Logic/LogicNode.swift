public import RopewalkCore

/// The logic contract: a converter or a filter, at its place in one integration.
///
/// Implementations are the built-in functions and WASM. A node serves every customer of the integration and
/// keeps them apart itself; `process` is called for many customers at once, and for one customer in order.
public protocol LogicNode: Sendable {
  /// Looks at one message and says what becomes of it. Cancelling abandons the message.
  func process(_ message: Message) async throws(LogicError) -> LogicOutcome

  /// Gives everything back. No `process` is running or follows.
  func shutdown() async
}

extension LogicNode {
  public func shutdown() async {}
}

public enum LogicOutcome: Sendable, Equatable {
  /// Goes on unchanged.
  case pass
  /// Goes on with another payload. A nil content type or nil headers leave the message's own.
  case replace(payload: [UInt8], contentType: String? = nil, headers: MessageHeaders? = nil)
  /// Ends here, filtered.
  case drop
}

/// Why logic did not answer.
public struct LogicError: Error, Sendable, CustomStringConvertible {
  public var code: ErrorCode
  /// The guest's own code when it failed on purpose (`RaiseError`); empty otherwise.
  public var guestCode: String
  /// Plain words with the place in the user's source where that is known.
  public var message: String
  /// The guest's stack, innermost frame first, mapped to the user's source where possible.
  public var backtrace: [String]
  /// Whether the same message may succeed later.
  public var recoverable: Bool

  public init(_ code: ErrorCode, _ message: String, guestCode: String = "", backtrace: [String] = [], recoverable: Bool? = nil) {
    self.code = code
    self.guestCode = guestCode
    self.message = message
    self.backtrace = backtrace
    self.recoverable = recoverable ?? code.kind.isRecoverable
  }

  public var description: String {
    "\(message) [\(code)\(guestCode.isEmpty ? "" : " \(guestCode)")]" + backtrace.map { "\n    at \($0)" }.joined()
  }
}
