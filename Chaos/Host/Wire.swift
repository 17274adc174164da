import NIOCore
import NIOPosix
import RopewalkCore
import Synchronization

/// A piece of network that can be cut: passes bytes on to a server on this machine.
final class Wire: Sendable {
  private struct State {
    var isCut = false
    var channels: [any Channel] = []
  }

  private let state = Mutex(State())
  private let listener: any Channel
  let url: String

  private init(listener: any Channel, url: String) {
    self.listener = listener
    self.url = url
  }

  /// Listens on a free port in front of the server behind a `nats://` URL.
  static func lay(to server: String) async throws -> Wire {
    guard let port = server.split(separator: ":").last.flatMap({ Int($0.prefix { $0.isNumber }) }) else {
      throw Failure("there is no port in \(server)")
    }
    let group = MultiThreadedEventLoopGroup.singleton
    let ends = Mutex<Wire?>(nil)
    let listener = try await ServerBootstrap(group: group)
      .childChannelOption(.autoRead, value: false)
      .childChannelInitializer { near in
        near.eventLoop.makeCompletedFuture {
          guard let wire = ends.withLock({ $0 }) else { throw ChannelError.eof }
          try near.pipeline.syncOperations.addHandler(Doorway(wire: wire, port: port))
        }
      }
      .bind(host: "127.0.0.1", port: 0).get()
    let wire = Wire(listener: listener, url: "nats://127.0.0.1:\(listener.localAddress?.port ?? 0)")
    ends.withLock { $0 = wire }
    return wire
  }

  /// Ends every connection, and every new one at once, until ``mend()``.
  func cut() {
    let channels = state.withLock { state in
      state.isCut = true
      defer { state.channels = [] }
      return state.channels
    }
    for channel in channels { channel.close(promise: nil) }
  }

  func mend() {
    state.withLock { $0.isCut = false }
  }

  func close() async throws {
    cut()
    try await listener.close()
  }

  /// False when the wire is cut.
  fileprivate func take(_ channel: any Channel) -> Bool {
    state.withLock { state in
      if !state.isCut { state.channels.append(channel) }
      return !state.isCut
    }
  }
}

/// Leads a connection that is open on to the server.
private final class Doorway: ChannelInboundHandler, Sendable {
  typealias InboundIn = ByteBuffer

  private let wire: Wire
  private let port: Int

  init(wire: Wire, port: Int) {
    self.wire = wire
    self.port = port
  }

  func channelActive(context: ChannelHandlerContext) {
    let (near, wire) = (context.channel, wire)
    guard wire.take(near) else { return near.close(promise: nil) }
    ClientBootstrap(group: near.eventLoop)
      .channelInitializer { far in
        far.eventLoop.makeCompletedFuture { try far.pipeline.syncOperations.addHandler(Relay(to: near)) }
      }
      .connect(host: "127.0.0.1", port: port)
      .flatMapThrowing { far in
        guard near.isActive, wire.take(far) else {
          far.close(promise: nil)
          throw ChannelError.eof
        }
        try near.pipeline.syncOperations.addHandler(Relay(to: far))
      }
      .flatMap { near.setOption(.autoRead, value: true) }
      .whenFailure { _ in near.close(promise: nil) }
  }
}

/// Writes what comes in to the other end, and closes that when this one ends.
private final class Relay: ChannelInboundHandler, Sendable {
  typealias InboundIn = ByteBuffer

  private let other: any Channel

  init(to other: any Channel) {
    self.other = other
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    other.writeAndFlush(unwrapInboundIn(data), promise: nil)
  }

  func channelInactive(context: ChannelHandlerContext) {
    other.close(promise: nil)
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    context.close(promise: nil)
  }
}
