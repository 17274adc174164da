import NIOCore

/// One open keep-alive connection; carries one exchange at a time.
final class HTTPConnection: Sendable {
  let channel: any Channel
  private let handler: NIOLoopBoundBox<HTTPConnectionHandler>

  /// `handler` is the last of the channel's pipeline, bound to the channel's event loop.
  init(channel: any Channel, handler: NIOLoopBoundBox<HTTPConnectionHandler>) {
    self.channel = channel
    self.handler = handler
  }

  /// Sends the request and waits for the answer. Cancelling closes the connection.
  func perform(_ exchange: HTTPExchange) async throws(HTTPClientError) -> HTTPExchange.Answer {
    let result = await withTaskCancellationHandler {
      onEventLoop { $0.start(exchange) }
      return await exchange.outcome.wait()
    } onCancel: {
      exchange.outcome.fulfil(.failure(.cancelled))
      channel.eventLoop.execute { self.handler.value.abandon(exchange) }
    }
    return try result.get()
  }

  /// Hears of the connection's life; to be called once, before the first exchange.
  func observe(_ events: HTTPConnectionHandler.Events) {
    onEventLoop { $0.observe(events) }
  }

  /// Whether it can carry another exchange.
  var isOpen: Bool { channel.isActive }

  func close() {
    channel.close(mode: .all, promise: nil)
  }

  private func onEventLoop(_ body: @escaping @Sendable (HTTPConnectionHandler) -> Void) {
    if channel.eventLoop.inEventLoop {
      body(handler.value)
    } else {
      channel.eventLoop.execute { body(self.handler.value) }
    }
  }
}
