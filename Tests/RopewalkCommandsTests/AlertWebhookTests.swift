import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix
import RopewalkCore
import RopewalkTesting
import Synchronization
import Testing

@Suite(.takesTurns) struct AlertWebhookTests {
  @Test func aWebhookIsToldOnceOfAThousandFailures() async throws {
    try await Folder.with { folder in
      let hook = try await AlertServer.start()
      try folder.write("events.jsonl", (0..<1000).map { "{\"n\":\($0)}\n" }.joined())
      try folder.write(
        "orders.yaml",
        """
        apiVersion: ropewalk.dev/v1
        kind: Integration
        metadata: { name: orders }
        spec:
          customer: acme
          incoming: { type: file, config: { path: ./events.jsonl } }
          filter: { type: wasm, inline: "export function process(message) { throw new Error('no ' + message.n % 1); }" }
          outgoing: { type: file, config: { path: ./out.txt } }
          alerts: { after: 3, webhook: { url: "http://127.0.0.1:\(hook.port)/hook", auth: { bearer: "${SECRET:alerts}" } } }
        """
      )
      let result = try await Ropewalk.run(
        ["run", "--once", "orders.yaml", "--output", "json"],
        environment: ["ROPEWALK_SECRET_ALERTS": "open-sesame"],
        in: folder
      )
      #expect(result.exitCode == 0, "\(result.errors)")
      let report = try JSON.parse(result.output)
      #expect(report["deadLettered"] == 1000 && report["alerts"] == 1)
      let calls = hook.calls
      #expect(calls.count == 1)
      let call = try #require(calls.first)
      #expect(call.authorization == "Bearer open-sesame")
      let alert = try JSON.parse(call.body)
      #expect(alert["state"] == "raised" && alert["count"] == 3 && alert["integration"] == "orders" && alert["stage"] == "filter-1")
      // One line for each until the alert stands, and one for the alert.
      #expect(result.errors.split(separator: "\n").count { $0.contains("Messages fail again and again") } == 1)
      #expect(!result.errors.contains("open-sesame"))
      try await hook.stop()
    }
  }
}

/// Takes every request and answers 204.
private final class AlertServer: Sendable {
  struct Call: Sendable {
    var authorization: String?
    var body: String
  }

  private let received = Mutex<[Call]>([])
  private let channel = Mutex<(any Channel)?>(nil)

  var port: Int { channel.withLock { $0?.localAddress?.port } ?? 0 }
  var calls: [Call] { received.withLock(\.self) }

  static func start() async throws -> AlertServer {
    let server = AlertServer()
    let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.configureHTTPServerPipeline()
          try channel.pipeline.syncOperations.addHandler(Handler(server))
        }
      }
      .bind(host: "127.0.0.1", port: 0).get()
    server.channel.withLock { $0 = channel }
    return server
  }

  func stop() async throws {
    try await channel.withLock { $0.take() }?.close().get()
  }

  private final class Handler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let server: AlertServer
    private var call = Call(body: "")

    init(_ server: AlertServer) {
      self.server = server
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
      switch unwrapInboundIn(data) {
      case .head(let head): call = Call(authorization: head.headers.first(name: "Authorization"), body: "")
      case .body(let buffer): call.body += String(buffer: buffer)
      case .end:
        server.received.withLock { $0.append(call) }
        context.write(wrapOutboundOut(.head(HTTPResponseHead(version: .http1_1, status: .noContent))), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
      }
    }
  }
}
