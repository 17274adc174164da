import RopewalkCore

extension ErrorCode {
  /// The journal has the message and not its payload.
  static let payloadUnreadable = ErrorCode("delivery.payload.unreadable", .fault)
}

/// Why a message of the journal cannot begin its way.
enum LossReason {
  case replay(ReplayStart.Problem)
  /// With the remedy.
  case payloadUnreadable(String)
}
