import NIOCore

/// One connection of a sender: its lines go to the intake at once, and are answered in order.
final class LineReceiver: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  /// Lines without an answer, beyond which no more is read.
  private static let mostWaiting = 256

  private let intake: LineIntake
  private var lines = LineBuffer()
  private var waiting = 0
  private var last: EventLoopFuture<Void>?

  init(_ intake: LineIntake) {
    self.intake = intake
  }

  func channelActive(context: ChannelHandlerContext) { intake.add(context.channel) }

  func channelInactive(context: ChannelHandlerContext) { intake.remove(context.channel) }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    do {
      for line in try lines.add(unwrapInboundIn(data)) { take(line, context) }
    } catch {
      context.close(promise: nil)
    }
    if waiting > Self.mostWaiting { context.channel.setOption(.autoRead, value: false).whenFailure { _ in } }
  }

  private func take(_ line: [UInt8], _ context: ChannelHandlerContext) {
    waiting += 1
    let loop = context.eventLoop
    let intake = intake
    let own = NIOLoopBound((handler: self, context: context), eventLoop: loop)
    let answer = loop.makeFutureWithTask { await intake.answer(to: line) }
    last = (last ?? loop.makeSucceededVoidFuture()).flatMap { answer }.map { own.value.handler.write($0, own.value.context) }
  }

  private func write(_ answer: String, _ context: ChannelHandlerContext) {
    waiting -= 1
    if waiting == Self.mostWaiting / 2 { context.channel.setOption(.autoRead, value: true).whenFailure { _ in } }
    context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: answer)), promise: nil)
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
