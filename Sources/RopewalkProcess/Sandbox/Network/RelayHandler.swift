import NIOCore

/// One end of a relayed connection: what it receives its partner sends. Both are on one event loop.
///
/// Nothing is read at one end that the other cannot send, so that a slow peer slows the other down and no more than the
/// channels' buffers lie between. The end of one direction is passed on and leaves the other open. The end that is active
/// first reads nothing, with `autoRead` off, until the other is active too.
final class RelayHandler: ChannelDuplexHandler {
  typealias InboundIn = ByteBuffer
  typealias OutboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  private var partner: RelayHandler?
  private var context: ChannelHandlerContext?
  private var isReadHeldBack = false

  private init() {}

  static func pair() -> (RelayHandler, RelayHandler) {
    let ends = (RelayHandler(), RelayHandler())
    ends.0.partner = ends.1
    ends.1.partner = ends.0
    return ends
  }

  func handlerAdded(context: ChannelHandlerContext) {
    self.context = context
  }

  func handlerRemoved(context: ChannelHandlerContext) {
    self.context = nil
    partner = nil
  }

  func channelActive(context: ChannelHandlerContext) {
    partner?.context?.channel.setOption(.autoRead, value: true).whenFailure { _ in }
    context.fireChannelActive()
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    partner?.context?.write(data, promise: nil)
  }

  func channelReadComplete(context: ChannelHandlerContext) {
    partner?.context?.flush()
    context.fireChannelReadComplete()
  }

  func channelInactive(context: ChannelHandlerContext) {
    partner?.end(.all)
    context.fireChannelInactive()
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if let event = event as? ChannelEvent, event == .inputClosed { partner?.end(.output) }
    context.fireUserInboundEventTriggered(event)
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    context.close(promise: nil)
  }

  func channelWritabilityChanged(context: ChannelHandlerContext) {
    if context.channel.isWritable { partner?.readOn() }
    context.fireChannelWritabilityChanged()
  }

  func read(context: ChannelHandlerContext) {
    if partner?.context?.channel.isWritable ?? false {
      context.read()
    } else {
      isReadHeldBack = true
    }
  }

  /// Closes once all that was written is with the system: a close at once would throw away what still waits.
  private func end(_ mode: CloseMode) {
    guard let context else { return }
    context.writeAndFlush(wrapOutboundOut(ByteBuffer())).assumeIsolated().whenComplete { _ in
      context.close(mode: mode, promise: nil)
    }
  }

  private func readOn() {
    guard isReadHeldBack else { return }
    isReadHeldBack = false
    context?.read()
  }
}
