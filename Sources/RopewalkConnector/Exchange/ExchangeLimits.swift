/// What bounds one stream of messages.
struct ExchangeLimits: Sendable, Equatable {
  /// The largest payload in one frame, in bytes; larger ones are chunked.
  var maxInlinePayload: Int
  /// The largest payload at all, in bytes.
  var maxPayload: Int
  /// How many messages this side takes before it has answered one of them.
  var windowMessages: Int
  /// How many bytes of payload this side takes before it has answered one of them.
  var windowBytes: Int

  /// How many messages one frame carries at most.
  static let batchMessages = 512
  /// About how many bytes of payload one frame of several messages carries at most.
  static let batchBytes = 256 << 10
}
