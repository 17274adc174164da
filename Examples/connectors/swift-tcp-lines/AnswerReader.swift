import NIOCore

/// A line on its way, with who waits for its answer.
struct LineAwaitingAnswer: Sendable {
  var bytes: [UInt8]
  var answer: EventLoopPromise<String>
  var timeout: TimeAmount
}

/// Writes lines, and gives each the answer that comes in its turn.
final class AnswerReader: ChannelDuplexHandler {
  typealias InboundIn = ByteBuffer
  typealias OutboundIn = LineAwaitingAnswer
  typealias OutboundOut = ByteBuffer

  struct Closed: Error, CustomStringConvertible {
    var description: String { "the connection was closed" }
  }

  private var lines = LineBuffer()
  private var waiting: [(promise: EventLoopPromise<String>, timeout: Scheduled<Void>)] = []

  func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
    let line = unwrapOutboundIn(data)
    let channel = context.channel
    // Answers come in order, so one that is late makes the connection useless.
    waiting.append((line.answer, context.eventLoop.scheduleTask(in: line.timeout) { channel.close(promise: nil) }))
    var buffer = context.channel.allocator.buffer(capacity: line.bytes.count + 1)
    buffer.writeBytes(line.bytes)
    buffer.writeInteger(UInt8(ascii: "\n"))
    context.write(wrapOutboundOut(buffer), promise: promise)
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    guard let answers = try? lines.add(unwrapInboundIn(data)) else { return context.close(promise: nil) }
    for answer in answers where !waiting.isEmpty {
      let (promise, timeout) = waiting.removeFirst()
      timeout.cancel()
      promise.succeed(String(decoding: answer, as: UTF8.self))
    }
  }

  func channelInactive(context: ChannelHandlerContext) {
    for (promise, timeout) in waiting {
      timeout.cancel()
      promise.fail(Closed())
    }
    waiting = []
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
