import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization

/// An HTTP server on a free port that writes down every request and gives all the same answer, some of them not yet.
final class LocalServer: Sendable {
  struct Request: Sendable {
    var path = ""
    var authorization: String?
    var body = ""
  }

  struct Answer: Sendable {
    var status = 200
    var body = ""
  }

  private struct State {
    var received: [Request] = []
    var waiting: [any Channel] = []
    var isReleased = false
  }

  private let state = Mutex(State())
  private let server = Mutex<(any Channel)?>(nil)
  private let answer: Answer
  private let isHeld: @Sendable (Request) -> Bool

  private init(_ answer: Answer, _ isHeld: @escaping @Sendable (Request) -> Bool) {
    self.answer = answer
    self.isHeld = isHeld
  }

  /// - Parameter isHeld: which requests are not answered before ``release()``.
  static func with(
    _ answer: Answer,
    holding isHeld: @escaping @Sendable (Request) -> Bool = { _ in false },
    _ body: (LocalServer) async throws -> Void
  ) async throws {
    let server = LocalServer(answer, isHeld)
    let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.configureHTTPServerPipeline()
          try channel.pipeline.syncOperations.addHandler(Handler(server))
        }
      }
      .bind(host: "127.0.0.1", port: 0).get()
    server.server.withLock { $0 = channel }
    defer { channel.close(promise: nil) }
    try await body(server)
  }

  var port: Int { server.withLock { $0?.localAddress?.port } ?? 0 }
  var requests: [Request] { state.withLock(\.received) }

  /// Looks until so many requests have come; the limit is a bound against hanging, not a wait.
  func waitForRequests(_ count: Int, limit: Duration = .seconds(120)) async throws {
    let deadline = ContinuousClock.now + limit
    while requests.count < count {
      guard ContinuousClock.now < deadline else { throw WaitFailure("\(requests.count) requests came, expected \(count)") }
      try await Task.sleep(for: .milliseconds(5))
    }
  }

  /// Answers what waits, and everything from now on.
  func release() {
    let waiting = state.withLock { state in
      defer { state.waiting = [] }
      state.isReleased = true
      return state.waiting
    }
    for channel in waiting { reply(on: channel) }
  }

  private func take(_ request: Request, on channel: any Channel) {
    let waits = state.withLock { state in
      state.received.append(request)
      let waits = !state.isReleased && isHeld(request)
      if waits { state.waiting.append(channel) }
      return waits
    }
    if !waits { reply(on: channel) }
  }

  private func reply(on channel: any Channel) {
    var head = HTTPResponseHead(version: .http1_1, status: HTTPResponseStatus(statusCode: answer.status))
    if !answer.body.isEmpty { head.headers.add(name: "Content-Length", value: "\(answer.body.utf8.count)") }
    channel.write(HTTPServerResponsePart.head(head), promise: nil)
    if !answer.body.isEmpty { channel.write(HTTPServerResponsePart.body(.byteBuffer(ByteBuffer(string: answer.body))), promise: nil) }
    channel.writeAndFlush(HTTPServerResponsePart.end(nil), promise: nil)
  }

  private final class Handler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart

    private let server: LocalServer
    private var request = Request()

    init(_ server: LocalServer) {
      self.server = server
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
      switch unwrapInboundIn(data) {
      case .head(let head): request = Request(path: head.uri, authorization: head.headers.first(name: "Authorization"))
      case .body(let buffer): request.body += String(buffer: buffer)
      case .end: server.take(request, on: context.channel)
      }
    }
  }
}
