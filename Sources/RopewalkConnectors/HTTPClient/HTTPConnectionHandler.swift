import NIOCore
import NIOHTTP1
import NIOSSL
import RopewalkCore

/// The end of a client connection's pipeline: writes requests, collects answers, keeps the deadline.
final class HTTPConnectionHandler: ChannelInboundHandler {
  typealias InboundIn = HTTPClientResponsePart
  typealias OutboundOut = HTTPClientRequestPart

  /// What happens to the connection beside its exchanges; called on the event loop.
  struct Events: Sendable {
    /// The exchange is over and the connection can carry another one.
    var becameIdle: @Sendable () -> Void
    /// Called once.
    var closed: @Sendable () -> Void
  }

  /// How much of an unwanted body is read to keep a connection open.
  private static let maxDrain = ByteCount.kibibytes(256)

  private let peer: String
  private let idleTimeout: TimeAmount
  private var events: Events?
  private var context: ChannelHandlerContext?
  private var exchange: HTTPExchange?
  private var answer: HTTPExchange.Answer?
  private var drained = 0
  private var failure: HTTPClientError?
  private var timer = DeadlineTimer()

  init(peer: String, idleTimeout: Duration) {
    self.peer = peer
    self.idleTimeout = TimeAmount(idleTimeout)
  }

  /// To be called on the event loop before the first exchange. Where the connection is closed by then, that is told at once.
  func observe(_ events: Events) {
    if let context, context.channel.isActive, failure == nil {
      self.events = events
    } else {
      events.closed()
    }
  }

  func start(_ exchange: HTTPExchange) {
    guard let context, context.channel.isActive, failure == nil else {
      exchange.outcome.fulfil(.failure(failure ?? .closed(peer)))
      return
    }
    self.exchange = exchange
    answer = nil
    drained = 0
    setDeadline(exchange.deadline)
    context.write(wrapOutboundOut(.head(exchange.head)), promise: nil)
    if let body = exchange.body { context.write(wrapOutboundOut(.body(.byteBuffer(body))), promise: nil) }
    context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
  }

  /// Gives an exchange up; the connection cannot be used after it.
  func abandon(_ exchange: HTTPExchange) {
    guard self.exchange === exchange else { return }
    close(failing: .cancelled)
  }

  func handlerAdded(context: ChannelHandlerContext) {
    self.context = context
  }

  func handlerRemoved(context: ChannelHandlerContext) {
    self.context = nil
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    guard let exchange else { return }
    switch unwrapInboundIn(data) {
    case .head(let head): answer = HTTPExchange.Answer(head: head)
    case .body(let part): collect(part, for: exchange)
    case .end:
      guard let answer else { return }
      finish(exchange, with: answer, isReusable: answer.head.isKeepAlive)
    }
  }

  func channelInactive(context: ChannelHandlerContext) {
    close(failing: .closed(peer))
    events?.closed()
    events = nil
    context.fireChannelInactive()
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    switch error {
    case let error as HTTPParserError where error != .invalidEOFState: close(failing: .malformed(peer, reason: String(describing: error)))
    case let error as NIOSSLError where error != .uncleanShutdown: close(failing: .tls(peer, reason: TLSFailure.words(error)))
    case let error as ServerName.Mismatch: close(failing: .tls(peer, reason: error.description))
    case let error as NIOSSLExtraError: close(failing: .tls(peer, reason: TLSFailure.words(error)))
    default: close(failing: .closed(peer))
    }
  }

  private func collect(_ part: ByteBuffer, for exchange: HTTPExchange) {
    guard var answer else { return }
    let room = exchange.maxBodySize.bytes - (answer.body?.readableBytes ?? 0)
    if part.readableBytes <= room {
      self.answer = nil
      if answer.body == nil {
        answer.body = part
      } else {
        answer.body?.writeImmutableBuffer(part)
      }
      self.answer = answer
      return
    }
    switch exchange.overflow {
    case .fail: close(failing: .tooLarge(peer, limit: exchange.maxBodySize.description))
    case .discard:
      if room > 0 {
        answer.body?.writeBytes(part.readableBytesView.prefix(room))
        if answer.body == nil { answer.body = part.getSlice(at: part.readerIndex, length: room) }
        self.answer = answer
      }
      drained += part.readableBytes - room
      if drained > Self.maxDrain.bytes { finish(exchange, with: answer, isReusable: false) }
    }
  }

  private func finish(_ exchange: HTTPExchange, with answer: HTTPExchange.Answer, isReusable: Bool) {
    self.exchange = nil
    self.answer = nil
    if isReusable {
      setDeadline(.now() + idleTimeout)
      events?.becameIdle()
    } else {
      close(failing: .closed(peer))
    }
    exchange.outcome.fulfil(.success(answer))
  }

  private func close(failing error: HTTPClientError) {
    if failure == nil { failure = error }
    timer.cancel()
    let exchange = self.exchange
    self.exchange = nil
    context?.close(promise: nil)
    exchange?.outcome.fulfil(.failure(error))
  }

  private func setDeadline(_ deadline: NIODeadline) {
    guard let context else { return }
    timer.set(deadline, on: context.eventLoop, NIOLoopBound(self, eventLoop: context.eventLoop)) { $0.deadlinePassed() }
  }

  private func deadlinePassed() {
    close(failing: exchange.map { .timeout(peer, after: $0.timeout.shortText) } ?? .closed(peer))
  }
}
