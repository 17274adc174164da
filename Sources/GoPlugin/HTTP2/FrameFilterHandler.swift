import NIOCore

/// Puts a ``FrameFilter`` between a connection (or its TLS) and HTTP/2.
final class FrameFilterHandler: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  typealias InboundOut = ByteBuffer
  typealias OutboundOut = ByteBuffer

  private var filter: FrameFilter
  private let failure: ConnectionFailure?
  /// Bytes of answers to PINGs that were written since the peer read last.
  private var unread = 0

  /// How many of them there may be: a peer that asks without end and reads nothing would fill the memory.
  private static let mostUnread = 256 << 10

  /// What goes wrong with the socket or with TLS is told to `failure`.
  init(role: FrameFilter.Role, failure: ConnectionFailure? = nil) {
    filter = FrameFilter(role: role)
    self.failure = failure
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    failure?.record(error)
    context.fireErrorCaught(error)
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    let output = filter.read(unwrapInboundIn(data))
    if let answers = output.answers {
      unread = context.channel.isWritable ? 0 : unread + answers.readableBytes
      guard unread <= Self.mostUnread else {
        failure?.record(UnreadAnswers())
        return context.close(promise: nil)
      }
      context.writeAndFlush(wrapOutboundOut(answers), promise: nil)
    }
    for buffer in output.passed { context.fireChannelRead(wrapInboundOut(buffer)) }
  }
}

private struct UnreadAnswers: Error, CustomStringConvertible {
  let description = "the other side sends PINGs and reads none of the answers"
}
