import NIOCore

/// Puts a ``FrameFilter`` between a connection (or its TLS) and HTTP/2.
final class FrameFilterHandler: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  typealias InboundOut = ByteBuffer
  typealias OutboundOut = ByteBuffer

  private var filter: FrameFilter
  private let failure: ConnectionFailure?

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
    if let answers = output.answers { context.writeAndFlush(wrapOutboundOut(answers), promise: nil) }
    for buffer in output.passed { context.fireChannelRead(wrapInboundOut(buffer)) }
  }
}
