/// What bounds a host's dealings with one connection of a connector in a process of its own.
package struct RemoteLimits: Sendable, Equatable {
  /// The longest answer to a call that carries no message, in bytes: 1 MiB.
  static let answerLength = 1 << 20

  /// The largest payload that goes into one frame of a stream, in bytes: 1 MiB. Larger ones are cut into chunks of this
  /// size. Go's gRPC takes frames of up to 4 MiB unless it is told otherwise.
  package var maxInlinePayload = 1 << 20
  /// The largest payload at all, either way, in bytes: 64 MiB.
  package var maxPayload = 64 << 20
  /// How many received messages may be without their receipt: 1,024.
  package var unansweredMessages = 1024
  /// How many bytes of received payloads may be without their receipt: 16 MiB. One larger message may come alone.
  package var unansweredBytes = 16 << 20
  /// How many messages may wait to be sent, beyond those that the connector has taken: 16,384.
  package var waitingMessages = 16_384
  /// How many messages may wait to be offered again before the resume position is lost: 10,000.
  package var refusedPositions = 10_000
  /// How many headers a received message may have: 128.
  package var headers = 128
  /// How many bytes the headers of a received message may have, names and values: 64 KiB.
  package var headerBytes = 64 << 10
  /// How long a call of control may take (metadata, validation, health, disconnecting): 10 seconds. Connecting may take
  /// the connection's own timeout.
  package var callTimeout: Duration = .seconds(10)
  /// How long a connector may take to end its stream after it was asked to, with what is under way: 10 seconds.
  package var finishGrace: Duration = .seconds(10)
  /// How long one call of `Receive` waits for a message, where the connector has no stream: 5 seconds.
  package var receiveWait: Duration = .seconds(5)
  /// How many messages one call of `Receive` brings at most: 64.
  package var receiveBatch = 64
  /// How many log entries a second a connection may make by calling the host; one that makes more waits for its answer:
  /// 10,000.
  package var logEntriesPerSecond = 10_000
  /// How many bytes of log a second, in the same way: 8 MiB.
  package var logBytesPerSecond = 8 << 20
  /// How many different metrics a connection may record: 64.
  package var metrics = 64
  /// How many labels a metric may have: 4, as the contract says.
  package var metricLabels = 4
  /// How many different values a label may have: 100, as the contract says. What is over counts as `other`.
  package var metricLabelValues = 100

  package init() {}

  var exchange: ExchangeLimits {
    ExchangeLimits(
      maxInlinePayload: maxInlinePayload,
      maxPayload: maxPayload,
      windowMessages: unansweredMessages,
      windowBytes: unansweredBytes
    )
  }
}
