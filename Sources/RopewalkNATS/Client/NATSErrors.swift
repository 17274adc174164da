package import RopewalkCore

extension ErrorCode {
  package static let natsSettings = ErrorCode("nats.settings.invalid", .usage)
  package static let natsUnreachable = ErrorCode("nats.unreachable", .unavailable)
  package static let natsDenied = ErrorCode("nats.denied", .denied)
  package static let natsTLS = ErrorCode("nats.tls.failed", .unavailable)
  package static let natsClosed = ErrorCode("nats.closed", .unavailable)
  package static let natsDisconnected = ErrorCode("nats.disconnected", .unavailable)
  package static let natsTimeout = ErrorCode("nats.timeout", .timeout)
  package static let natsFailed = ErrorCode("nats.failed", .unavailable)
  package static let jetStreamAbsent = ErrorCode("nats.jetstream.absent", .unavailable)
  package static let jetStreamTooOld = ErrorCode("nats.jetstream.too-old", .unavailable)
  package static let jetStreamRefused = ErrorCode("nats.jetstream.refused", .rejected)
  package static let jetStreamConflict = ErrorCode("nats.jetstream.stream-differs", .conflict)
}
