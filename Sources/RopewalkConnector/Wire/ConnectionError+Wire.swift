import GRPCCore
import SwiftProtobuf

extension WireError {
  init(_ error: ConnectionError) {
    self.init()
    code = error.code.name
    message = error.message
    recoverable = error.recoverable
    if let wait = error.retryAfter { retryAfter = Google_Protobuf_Duration(wait) }
  }
}

extension ConnectionError {
  /// How much of what a peer says is kept, in characters.
  static let longestMessage = 2000

  init(wire: WireError) {
    self.init(
      Code(name: String((wire.code.isEmpty ? "UNKNOWN" : wire.code).prefix(100))),
      String(wire.message.prefix(Self.longestMessage)),
      recoverable: wire.recoverable,
      retryAfter: wire.hasRetryAfter ? Duration(wire: wire.retryAfter) : nil
    )
  }

  /// What a call that failed as such, without an answer of the connector's, means: its outcome is unknown, so trying
  /// again is right, except where the connector has no such call or refuses the caller.
  init(_ error: RPCError, during code: Code) {
    let text = String("\(error.message)".prefix(Self.longestMessage))
    switch error.code {
    case .unimplemented: self.init(.unsupported, "the connector has no such call: \(text)")
    case .deadlineExceeded: self.init(.timeout, "the connector did not answer in time", recoverable: true)
    case .cancelled:
      self.init(.cancelled, "the call to the connector was given up; whether it did its work is not known", recoverable: true)
    case .unavailable:
      self.init(.connectionFailed, "the connector's process has ended, or its connection to the host: \(text)", recoverable: true)
    case .unauthenticated, .permissionDenied: self.init(.unauthorized, "the connector refuses the call: \(text)")
    case .resourceExhausted: self.init(.rateLimited, "the connector has no room for the call: \(text)", recoverable: true)
    default: self.init(code, "the connector failed (\(error.code)): \(text)", recoverable: true)
    }
  }

  /// The same of anything that a call can throw.
  init(anyError error: any Error, during code: Code) {
    switch error {
    case let error as ConnectionError: self = error
    case let error as RPCError: self.init(error, during: code)
    case let violation as ProtocolViolation: self.init(violation)
    case is RuntimeError:
      self.init(.connectionFailed, "the connection to the connector's process had ended before the call", recoverable: true)
    case is CancellationError: self.init(.cancelled, "the call to the connector was given up", recoverable: true)
    default: self.init(code, "the call to the connector failed: \(error)", recoverable: true)
    }
  }

  /// What was under way is tried again: what became of it is not known.
  init(_ violation: ProtocolViolation) {
    self.init(
      .protocolViolation,
      "the connector does not keep to the contract: \(violation.description); its connection was ended",
      recoverable: true
    )
  }
}
