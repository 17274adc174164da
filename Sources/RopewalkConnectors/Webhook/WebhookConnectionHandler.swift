import NIOCore
import NIOHTTP1
import NIOSSL
import RopewalkConnector
import RopewalkCore

/// The end of a server connection's pipeline: turns requests into messages and writes their answers, one after another.
///
/// Requests that come before the last one is answered wait here, as many as one read brings; then nothing more is read.
final class WebhookConnectionHandler: ChannelDuplexHandler {
  typealias InboundIn = HTTPServerRequestPart
  typealias OutboundIn = Never
  typealias OutboundOut = ByteBuffer

  enum State {
    /// Nothing of a next request has come.
    case idle
    /// Bytes have come, but no complete header.
    case readingHead
    case receiving
    /// The answer is clear; the body is skipped first.
    case refusing(WebhookAnswer)
    /// The message is with the inbox.
    case awaiting
    /// The last answer is written; what the client still sends is thrown away until it closes.
    case lingering
    case closed
  }

  /// How much of a refused body is skipped to keep the connection open.
  static let maxSkipped = ByteCount.kibibytes(256)
  /// How long a connection stays open after its last answer, so that the client can read it.
  static let lingerTime: TimeAmount = .seconds(2)

  private let listener: WebhookListener
  let headerTimeout: TimeAmount
  let bodyTimeout: TimeAmount
  let idleTimeout: TimeAmount

  var state = State.idle
  var context: ChannelHandlerContext?
  var pending = CircularBuffer<HTTPServerRequestPart>()
  var isProcessing = false
  var isReadWithheld = false
  var closesAfterAnswer = false
  var timer = DeadlineTimer()
  var output = ByteBuffer()
  var dates = DateCache()
  var lanes: [(endpoint: WebhookEndpoint, lane: WebhookLane)] = []

  // The request under way.
  var request: WebhookRequest?
  var endpoint: WebhookEndpoint?
  var persistence = WebhookAnswer.Persistence.keep
  var isHead = false
  var skipped = 0

  init(listener: WebhookListener) {
    self.listener = listener
    headerTimeout = TimeAmount(listener.settings.headerTimeout)
    bodyTimeout = TimeAmount(listener.settings.bodyTimeout)
    idleTimeout = TimeAmount(listener.settings.idleTimeout)
  }

  // MARK: The channel's life

  func handlerAdded(context: ChannelHandlerContext) {
    self.context = context
  }

  func channelActive(context: ChannelHandlerContext) {
    setDeadline(headerTimeout)
    switch listener.admit(context.channel) {
    case .admitted: break
    case .tooMany:
      persistence = .close
      respond(.failure(.webhookUnavailable, "too many connections are open; try again later", retryAfter: .seconds(1)))
    case .closing: close()
    }
    context.fireChannelActive()
  }

  func channelInactive(context: ChannelHandlerContext) {
    state = .closed
    timer.cancel()
    pending.removeAll()
    for (_, lane) in lanes { lane.finish() }
    lanes = []
    endRequest()
    listener.closed(context.channel)
    self.context = nil
    context.fireChannelInactive()
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    switch event {
    case is WebhookListener.Closing, ChannelEvent.inputClosed:
      closesAfterAnswer = true
      switch state {
      case .awaiting: break
      case .receiving, .refusing: if event is ChannelEvent { close() }
      case .idle, .readingHead, .lingering, .closed: close()
      }
    default: context.fireUserInboundEventTriggered(event)
    }
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    switch (error, state) {
    case (let error as HTTPParserError, .idle), (let error as HTTPParserError, .readingHead), (let error as HTTPParserError, .receiving):
      refuseUnreadable(error)
    case (is HTTPParserError, .refusing(let answer)):
      persistence = .close
      respond(answer)
    case (is HTTPParserError, .awaiting): closesAfterAnswer = true
    default: close()
    }
  }

  func read(context: ChannelHandlerContext) {
    if pending.isEmpty {
      context.read()
    } else {
      isReadWithheld = true
    }
  }

  /// Bytes have come, whatever they are; told before they are decoded.
  func bytesArrived() {
    guard case .idle = state else { return }
    state = .readingHead
    setDeadline(headerTimeout)
  }

  // MARK: Reading requests

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    let part = unwrapInboundIn(data)
    if case .awaiting = state {
      pending.append(part)
    } else if isProcessing || !pending.isEmpty {
      pending.append(part)
    } else {
      handle(part)
    }
  }

  func handle(_ part: HTTPServerRequestPart) {
    switch (part, state) {
    case (.head(let head), .idle), (.head(let head), .readingHead): begin(head)
    case (.body(let part), .receiving): collect(part)
    case (.body(let part), .refusing(let answer)): skip(part, before: answer)
    case (.end, .receiving): finishRequest()
    case (.end, .refusing(let answer)): respond(answer)
    default: break
    }
  }

  private func begin(_ head: HTTPRequestHead) {
    // The decoder stops for good after a request that asks for another protocol.
    let isUpgrade = head.headers.contains(name: "upgrade") || head.method == .CONNECT
    persistence = isUpgrade || !head.isKeepAlive ? .close : head.version.minor == 0 ? .keepExplicitly : .keep
    isHead = head.method == .HEAD
    skipped = 0
    guard let (endpoint, captures) = listener.match(head.uri) else {
      return refuse(.failure(.webhookNotFound, "no endpoint takes this path; check the URL against the integration's 'endpoint'"), head)
    }
    guard endpoint.methods.contains(head.method.rawValue) else {
      let allowed = endpoint.methods.joined(separator: ", ")
      return refuse(.failure(.webhookMethod, "this endpoint takes \(allowed)", status: .methodNotAllowed, allow: allowed), head)
    }
    guard endpoint.beginRequest() else {
      return refuse(.failure(.webhookUnavailable, "no messages are taken at the moment; send again later", retryAfter: .seconds(1)), head)
    }
    self.endpoint = endpoint
    let request = WebhookRequest(head, for: endpoint, captures: captures)
    guard request.hostCount == 1 || request.hostCount == 0 && head.version.minor == 0 else {
      let words = request.hostCount == 0 ? "is missing; HTTP/1.1 demands it" : "is there more than once"
      return refuse(.failure(.webhookInvalid, "the header Host \(words)"), head)
    }
    if let length = request.declaredLength, length > endpoint.maxBodySize.bytes {
      return refuse(tooLarge(for: endpoint), head, declaredLength: length)
    }
    if request.expectsContinue { writeContinue() }
    self.request = request
    state = .receiving
    setDeadline(bodyTimeout)
  }

  private func collect(_ part: ByteBuffer) {
    if request?.append(part) == true { return }
    skipped = part.readableBytes
    request = nil
    guard let endpoint else { return }
    state = .refusing(tooLarge(for: endpoint))
  }

  private func finishRequest() {
    guard let request = request.take(), let endpoint, let context else { return }
    do throws(WebhookRefusal) {
      let message = try request.message(now: .now)
      state = .awaiting
      setDeadline(nil)
      guard !lane(for: endpoint, on: context.eventLoop).offer(message) else { return }
      respond(.failure(.webhookUnavailable, "no messages are taken any more; send again later", retryAfter: .seconds(1)))
    } catch {
      respond(error.answer)
    }
  }

  private func lane(for endpoint: WebhookEndpoint, on eventLoop: any EventLoop) -> WebhookLane {
    if let lane = lanes.first(where: { $0.endpoint === endpoint })?.lane { return lane }
    let handler = NIOLoopBound(self, eventLoop: eventLoop)
    let lane = WebhookLane(eventLoop: eventLoop) { id, acceptance in
      if eventLoop.inEventLoop {
        handler.value.settle(id, acceptance)
      } else {
        eventLoop.execute { handler.value.settle(id, acceptance) }
      }
    }
    lanes.append((endpoint, lane))
    endpoint.open(lane)
    return lane
  }

  private func settle(_ id: String, _ acceptance: Acceptance) {
    guard case .awaiting = state else { return }
    respond(.outcome(of: acceptance, id: id))
  }
}
