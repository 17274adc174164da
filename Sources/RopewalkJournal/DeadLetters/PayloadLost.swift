package import RopewalkCore

extension ErrorCode {
  /// The journal has the message and not its payload.
  package static let payloadLost = ErrorCode("delivery.payload.unreadable", .fault)
}
