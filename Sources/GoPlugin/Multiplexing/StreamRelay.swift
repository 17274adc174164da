import NIOCore

/// The local end of one stream of a ``YamuxHandler``: a socket whose other end has TLS and HTTP/2 on it, as a connection
/// that is not multiplexed has. It reads from there only while the stream takes more.
final class StreamRelay: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  private enum State {
    case connecting, connected, closed
  }

  private let stream: UInt32
  private var session: YamuxHandler?
  private var state = State.connecting
  private var context: ChannelHandlerContext?
  /// What came before the socket was connected: a window's worth at most.
  private var waiting: [ByteBuffer] = []
  private var hasEnded = false

  init(stream: UInt32, session: YamuxHandler) {
    self.stream = stream
    self.session = session
  }

  func handlerAdded(context: ChannelHandlerContext) { self.context = context }

  func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

  func channelActive(context: ChannelHandlerContext) {
    guard state == .connecting else { return context.close(promise: nil) }
    state = .connected
    for bytes in waiting { write(bytes) }
    waiting = []
    flush()
    if hasEnded { context.close(mode: .output, promise: nil) }
    resume()
    context.fireChannelActive()
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    session?.send(unwrapInboundIn(data), on: stream)
  }

  func channelReadComplete(context: ChannelHandlerContext) {
    session?.flush()
    resume()
  }

  func channelInactive(context: ChannelHandlerContext) {
    state = .closed
    session?.leave(stream)
    session = nil
    context.fireChannelInactive()
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    // Its other end is gone.
    context.close(promise: nil)
  }

  /// Takes bytes that came on the stream. They go on with ``flush()``.
  func write(_ bytes: ByteBuffer) {
    switch state {
    case .connecting: waiting.append(bytes)
    case .closed: break
    case .connected:
      guard let context else { return }
      let count = bytes.readableBytes
      context.write(wrapOutboundOut(bytes)).assumeIsolated().whenSuccess { self.session?.took(count, from: self.stream) }
    }
  }

  func flush() { context?.flush() }

  /// Nothing comes on the stream any more.
  func end() {
    hasEnded = true
    flush()
    if state == .connected { context?.close(mode: .output, promise: nil) }
  }

  /// The stream is no more.
  func close() {
    state = .closed
    session = nil
    waiting = []
    context?.close(promise: nil)
  }

  /// Reads on, if the stream takes more.
  func resume() {
    if state == .connected, session?.wantsMore(stream) == true { context?.read() }
  }
}
