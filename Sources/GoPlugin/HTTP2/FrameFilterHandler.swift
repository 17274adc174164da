import NIOCore

/// Puts a ``FrameFilter`` between a connection (or its TLS) and HTTP/2.
final class FrameFilterHandler: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  typealias InboundOut = ByteBuffer
  typealias OutboundOut = ByteBuffer

  private var filter: FrameFilter

  init(role: FrameFilter.Role) {
    filter = FrameFilter(role: role)
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    let output = filter.read(unwrapInboundIn(data))
    if let answers = output.answers { context.writeAndFlush(wrapOutboundOut(answers), promise: nil) }
    for buffer in output.passed { context.fireChannelRead(wrapInboundOut(buffer)) }
  }
}
