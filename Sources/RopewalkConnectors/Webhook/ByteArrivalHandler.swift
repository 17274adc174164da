import NIOCore

/// Tells the connection's handler of bytes before they are decoded.
final class ByteArrivalHandler: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer

  private let handler: WebhookConnectionHandler

  init(telling handler: WebhookConnectionHandler) {
    self.handler = handler
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    handler.bytesArrived()
    context.fireChannelRead(data)
  }
}
