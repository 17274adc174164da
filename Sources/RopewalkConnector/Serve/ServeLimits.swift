/// What bounds a connector's dealings with its host.
public struct ServeLimits: Sendable, Hashable {
  /// How many messages the host may have under way to one connection: 1,024. So many calls of `send` may run at once.
  public var sendingMessages = 1024
  /// How many bytes of payload the host may have under way to one connection: 16 MiB. One larger message may come alone.
  public var sendingBytes = 16 << 20
  /// How many received messages may wait until the host has room for them, for each connection: 4,096. Beyond it the
  /// inbox refuses.
  public var waitingMessages = 4096
  /// How many connections one process serves: 1,000.
  public var connections = 1000

  public init() {}

  /// Payload bounds are the host's to say, in a stream's first frame.
  var exchange: ExchangeLimits {
    ExchangeLimits(maxInlinePayload: 1 << 20, maxPayload: 64 << 20, windowMessages: sendingMessages, windowBytes: sendingBytes)
  }
}
