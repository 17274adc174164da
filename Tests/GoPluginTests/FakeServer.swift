import FoundationEssentials
import NIOCore
import NIOPosix

/// Listens on a Unix socket and greets whoever connects with bytes that are no protocol.
enum FakeServer {
  /// - Parameter reads: whether it reads what it is sent.
  static func run(greeting: [UInt8], reads: Bool = true, _ body: (String) async throws -> Void) async throws {
    let path = "/tmp/goplugin-\(UUID().uuidString).sock"
    let server = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .childChannelOption(.autoRead, value: reads)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(Greeter(greeting)) }
      }
      .bind(unixDomainSocketPath: path).get()
    let result: Result<Void, any Error>
    do {
      result = .success(try await body(path))
    } catch {
      result = .failure(error)
    }
    try await server.close()
    try? FileManager.default.removeItem(atPath: path)
    try result.get()
  }

  private final class Greeter: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let greeting: [UInt8]

    init(_ greeting: [UInt8]) {
      self.greeting = greeting
    }

    func channelActive(context: ChannelHandlerContext) {
      if !greeting.isEmpty { context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: greeting)), promise: nil) }
    }
  }
}
