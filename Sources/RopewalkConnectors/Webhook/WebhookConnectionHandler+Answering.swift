import NIOCore
import NIOHTTP1
import RopewalkCore

extension WebhookConnectionHandler {
  func respond(_ answer: WebhookAnswer) {
    guard let context else { return }
    if closesAfterAnswer { persistence = .close }
    output.clear()
    answer.write(to: &output, date: dates.text(at: .now), persistence: persistence, withoutBody: isHead)
    context.writeAndFlush(wrapOutboundOut(output), promise: nil)
    request = nil
    endRequest()
    if case .close = persistence { return linger(context) }
    state = .idle
    setDeadline(idleTimeout)
    processPending()
  }

  private func linger(_ context: ChannelHandlerContext) {
    state = .lingering
    pending.removeAll()
    setDeadline(Self.lingerTime)
    context.close(mode: .output, promise: nil)
    if isReadWithheld { read(context: context) }
  }

  private func processPending() {
    guard !isProcessing, !pending.isEmpty || isReadWithheld else { return }
    isProcessing = true
    defer { isProcessing = false }
    while let part = pending.popFirst() {
      handle(part)
      if case .awaiting = state { break }
    }
    if pending.isEmpty, isReadWithheld, let context {
      isReadWithheld = false
      context.read()
    }
  }

  func writeContinue() {
    guard let context else { return }
    output.clear()
    output.writeStaticString("HTTP/1.1 100 Continue\r\n\r\n")
    context.writeAndFlush(wrapOutboundOut(output), promise: nil)
  }

  func endRequest() {
    endpoint.take()?.endRequest()
  }

  func close() {
    context?.close(promise: nil)
  }

  // MARK: Deadlines

  func setDeadline(_ time: TimeAmount?) {
    guard let context else { return }
    let deadline = time.map { NIODeadline.now() + $0 } ?? .distantFuture
    timer.set(deadline, on: context.eventLoop, NIOLoopBound(self, eventLoop: context.eventLoop)) { $0.deadlinePassed() }
  }

  private func deadlinePassed() {
    persistence = .close
    switch state {
    case .readingHead:
      respond(.failure(.webhookTimeout, "the header did not arrive in time; send it at once", status: .requestTimeout))
    case .receiving, .refusing:
      respond(.failure(.webhookTimeout, "the body did not arrive in time; send it faster or in smaller pieces", status: .requestTimeout))
    case .idle, .lingering: close()
    case .awaiting, .closed: break
    }
  }
}
