import NIOCore
import NIOPosix

/// Runs a yamux session over a connection and joins each of its streams to a socket of its own.
final class YamuxHandler: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  private var session: YamuxSessionStateMachine
  private let limit: Int
  private let failure: ConnectionFailure?
  /// Where a stream of the other side goes, or nil when it is refused.
  private let destination: () -> KnockStateMachine.Destination?
  private var context: ChannelHandlerContext?
  private var relays: [UInt32: StreamRelay] = [:]
  /// The relays that have something to flush.
  private var written: Set<UInt32> = []
  /// How many sockets are being connected, also for streams that are no more.
  private var connecting = 0
  /// The streams that are waited for before the connection is closed.
  private var mainStreams: Set<UInt32> = []
  private var isFinishing = false
  /// Bytes of answers that were written since the other side read last.
  private var unread = 0

  /// How many of them there may be: a peer that asks without end and reads nothing would fill the memory.
  private static let mostUnread = 256 << 10

  init(
    role: YamuxSessionStateMachine.Role,
    limit: Int,
    failure: ConnectionFailure?,
    destination: @escaping () -> KnockStateMachine.Destination?
  ) {
    session = YamuxSessionStateMachine(role: role, limit: limit)
    self.limit = limit
    self.failure = failure
    self.destination = destination
  }

  func handlerAdded(context: ChannelHandlerContext) { self.context = context }

  func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    let actions = session.read(unwrapInboundIn(data))
    let answers = actions.count { if case .write(_, nil) = $0 { true } else { false } }
    unread = context.channel.isWritable ? 0 : unread + answers * YamuxFrame.length
    perform(actions)
    if unread > Self.mostUnread { fail(YamuxViolation("it asks for answers and reads none")) }
  }

  func channelReadComplete(context: ChannelHandlerContext) {
    for stream in written { relays[stream]?.flush() }
    written = []
    flush()
    closeIfFinished()
  }

  func channelWritabilityChanged(context: ChannelHandlerContext) {
    if context.channel.isWritable {
      for relay in relays.values { relay.resume() }
    }
    context.fireChannelWritabilityChanged()
  }

  func channelInactive(context: ChannelHandlerContext) {
    // What has come is still for whoever reads the streams.
    for relay in relays.values { relay.end() }
    relays = [:]
    context.fireChannelInactive()
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    failure?.record(error)
    context.close(promise: nil)
  }

  /// Opens a stream, whose relay is to be put on a socket. Throws `brokerFull` or `brokerClosed`.
  func open() throws -> StreamRelay {
    guard context != nil else { throw GoPluginError.brokerClosed }
    let (stream, actions) = try session.open()
    let relay = StreamRelay(stream: stream, session: self)
    relays[stream] = relay
    perform(actions)
    flush()
    return relay
  }

  /// Closes the connection once the main streams are over, and what they have to send is sent.
  func finish() {
    isFinishing = true
    closeIfFinished()
  }

  func wantsMore(_ stream: UInt32) -> Bool { context?.channel.isWritable == true && session.wantsMore(stream) }

  /// Sends bytes that came from a relay. They go out with ``flush()``.
  func send(_ bytes: ByteBuffer, on stream: UInt32) { perform(session.send(bytes, on: stream)) }

  func flush() { context?.flush() }

  func took(_ count: Int, from stream: UInt32) {
    let actions = session.took(count, from: stream)
    guard !actions.isEmpty else { return }
    perform(actions)
    flush()
  }

  /// The relay of this stream is gone.
  func leave(_ stream: UInt32) {
    relays[stream] = nil
    perform(session.leave(stream))
    flush()
    closeIfFinished()
  }

  private func perform(_ actions: [YamuxSessionStateMachine.Action]) {
    for action in actions {
      switch action {
      case .write(let frame, let payload): write(frame, payload)
      case .opened(let stream): take(stream)
      case .received(let stream, let bytes):
        relays[stream]?.write(bytes)
        written.insert(stream)
      case .ended(let stream): relays[stream]?.end()
      case .reset(let stream): relays.removeValue(forKey: stream)?.close()
      case .wantsMore(let stream): relays[stream]?.resume()
      case .failed(let violation): fail(violation)
      }
    }
  }

  private func write(_ frame: YamuxFrame, _ payload: ByteBuffer?) {
    guard let context else { return }
    var header = context.channel.allocator.buffer(capacity: YamuxFrame.length)
    frame.write(to: &header)
    context.write(wrapOutboundOut(header), promise: nil)
    if let payload { context.write(wrapOutboundOut(payload), promise: nil) }
  }

  private func take(_ stream: UInt32) {
    guard let context, !isFinishing, connecting < limit, let destination = destination() else { return perform(session.reset(stream)) }
    let relay = StreamRelay(stream: stream, session: self)
    relays[stream] = relay
    if destination.isMain { mainStreams.insert(stream) }
    perform(session.accept(stream))
    connecting += 1
    let bound = NIOLoopBound(relay, eventLoop: context.eventLoop)
    ClientBootstrap(group: context.eventLoop)
      .channelOption(.autoRead, value: false)
      .channelInitializer { channel in
        channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(bound.value) }
      }
      .connect(unixDomainSocketPath: destination.path).assumeIsolated()
      .whenComplete { result in
        self.connecting -= 1
        // Who served there has stopped.
        if case .failure = result, self.relays[stream] === relay {
          self.relays[stream] = nil
          self.perform(self.session.reset(stream))
          self.flush()
        }
      }
  }

  private func fail(_ violation: YamuxViolation) {
    failure?.record(violation)
    flush()
    context?.close(promise: nil)
  }

  private func closeIfFinished() {
    guard isFinishing, let context else { return }
    mainStreams = mainStreams.filter { relays[$0] != nil || !session.isSent($0) }
    guard mainStreams.isEmpty else { return }
    context.writeAndFlush(wrapOutboundOut(ByteBuffer())).assumeIsolated().whenComplete { _ in
      context.close(promise: nil)
    }
  }
}
