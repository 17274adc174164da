import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import RopewalkCore
import Synchronization

@testable import RopewalkConnectors

/// A destination that does with each request what it is told.
final class TestSink: Sendable {
  enum Action: Sendable {
    case answer(Int, headers: [(String, String)] = [], body: String = "")
    /// A right answer, and then the connection is closed without a word about it.
    case answerThenClose(Int)
    case closeBeforeAnswer
    case closeMidAnswer
    case never
    /// A head and a body that does not end.
    case endless(Int)
    case raw(String)
  }

  struct Request: Sendable {
    var method: String
    var uri: String
    var headers: [String: String]
    var body: String
    /// Which of the sink's connections it came on, from 0.
    var connection: Int
  }

  private struct State {
    var requests: [Request] = []
    var connections = 0
    var waiters: [(Int, CheckedContinuation<Void, Never>)] = []
  }

  private let state = Mutex(State())
  private let script: @Sendable (Request, Int) -> Action

  private init(_ script: @escaping @Sendable (Request, Int) -> Action) {
    self.script = script
  }

  var requests: [Request] { state.withLock { $0.requests } }

  /// Runs a sink on 127.0.0.1 for the time of `body`, which gets it and its port.
  static func with<Result>(
    tls: NIOSSLContext? = nil,
    _ script: @escaping @Sendable (Request, Int) -> Action = { _, _ in .answer(200) },
    _ body: (TestSink, Int) async throws -> Result
  ) async throws -> Result {
    let sink = TestSink(script)
    let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          if let tls { try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: tls)) }
          let decoder = HTTPRequestDecoder()
          try channel.pipeline.syncOperations.addHandler(ByteToMessageHandler(decoder))
          try channel.pipeline.syncOperations.addHandler(SinkHandler(sink: sink, connection: sink.countConnection()))
        }
      }
      .bind(host: "127.0.0.1", port: 0).get()
    do {
      let result = try await body(sink, channel.localAddress?.port ?? 0)
      try await channel.close()
      return result
    } catch {
      try? await channel.close()
      throw error
    }
  }

  /// Returns once so many requests have come.
  func waitForRequests(_ count: Int) async {
    await withCheckedContinuation { continuation in
      let isThere = state.withLock { state in
        if state.requests.count >= count { return true }
        state.waiters.append((count, continuation))
        return false
      }
      if isThere { continuation.resume() }
    }
  }

  private func countConnection() -> Int {
    state.withLock { state in
      defer { state.connections += 1 }
      return state.connections
    }
  }

  fileprivate func take(_ request: Request) -> Action {
    let (index, ready) = state.withLock { state in
      state.requests.append(request)
      let count = state.requests.count
      let ready = state.waiters.filter { $0.0 <= count }.map(\.1)
      state.waiters.removeAll { $0.0 <= count }
      return (count - 1, ready)
    }
    for continuation in ready { continuation.resume() }
    return script(request, index)
  }
}

private final class SinkHandler: ChannelInboundHandler {
  typealias InboundIn = HTTPServerRequestPart
  typealias OutboundOut = ByteBuffer

  private let sink: TestSink
  private let connection: Int
  private var head: HTTPRequestHead?
  private var body = ""

  init(sink: TestSink, connection: Int) {
    self.sink = sink
    self.connection = connection
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch unwrapInboundIn(data) {
    case .head(let head):
      self.head = head
      body = ""
    case .body(let part): body += String(decoding: part.readableBytesView, as: UTF8.self)
    case .end:
      guard let head else { return }
      let headers = Dictionary(head.headers.map { ($0.name.lowercased(), $0.value) }) { first, _ in first }
      let request = TestSink.Request(method: head.method.rawValue, uri: head.uri, headers: headers, body: body, connection: connection)
      perform(sink.take(request), isHead: head.method == .HEAD, context)
    }
  }

  private func perform(_ action: TestSink.Action, isHead: Bool, _ context: ChannelHandlerContext) {
    switch action {
    case .answer(let status, let headers, let body):
      let lines = headers.map { "\($0): \($1)\r\n" }.joined()
      write("HTTP/1.1 \(status) Said\r\n\(lines)Content-Length: \(body.utf8.count)\r\n\r\n\(isHead ? "" : body)", context)
    case .answerThenClose(let status):
      write("HTTP/1.1 \(status) Said\r\nContent-Length: 0\r\n\r\n", context)
      context.close(promise: nil)
    case .closeBeforeAnswer: context.close(promise: nil)
    case .closeMidAnswer:
      write("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf", context)
      context.close(promise: nil)
    case .never: break
    case .endless(let status):
      write("HTTP/1.1 \(status) Said\r\nTransfer-Encoding: chunked\r\n\r\n", context)
      writeOn(NIOLoopBound(context, eventLoop: context.eventLoop))
    case .raw(let text): write(text, context)
    }
  }

  private func writeOn(_ context: NIOLoopBound<ChannelHandlerContext>) {
    let chunk = "1000\r\n" + String(repeating: "x", count: 4096) + "\r\n"
    context.value.writeAndFlush(wrapOutboundOut(ByteBuffer(string: chunk))).assumeIsolated().whenSuccess { self.writeOn(context) }
  }

  private func write(_ text: String, _ context: ChannelHandlerContext) {
    context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: text)), promise: nil)
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    context.close(promise: nil)
  }
}
