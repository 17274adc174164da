import GRPCCore
import GRPCNIOTransportHTTP2Posix
import NIOCore
import NIOPosix
import NIOSSL

/// Listens on a Unix socket for gRPC, with a ``FrameFilter`` between TLS and HTTP/2.
struct UnixListener: HTTP2ServerTransport.ListenerFactory {
  let path: String
  let trust: Trust
  let eventLoopGroup: any EventLoopGroup

  /// - Parameter eventLoop: the one thread of all connections; by default each has one of those that the process has.
  init(path: String, trust: Trust, eventLoop: (any EventLoop)? = nil) {
    self.path = path
    self.trust = trust
    eventLoopGroup = eventLoop ?? MultiThreadedEventLoopGroup.singleton
  }

  func makeListeningChannel(
    listenerConfigurator: HTTP2ServerTransport.ListenerConfigurator,
    connectionConfigurator: HTTP2ServerTransport.ConnectionConfigurator
  ) async throws -> NIOAsyncChannel<HTTP2ServerTransport.ConnectionConfigurator.ConnectionChannel, Never> {
    let tls = try trust.serverContext()
    return try await ServerBootstrap(group: eventLoopGroup)
      .serverChannelInitializer { listenerConfigurator.configure(channel: $0) }
      .bind(unixDomainSocketPath: path) { channel in
        channel.eventLoop.makeCompletedFuture {
          let pipeline = channel.pipeline.syncOperations
          if let tls { try pipeline.addHandler(NIOSSLServerHandler(context: tls)) }
          try pipeline.addHandler(FrameFilterHandler(role: .server))
        }.flatMap {
          connectionConfigurator.configure(channel: channel, tls: tls == nil ? .none : .configured(requireALPN: false))
        }
      }
  }

  /// A server transport over this listener that takes messages of up to `messageLength` bytes.
  /// - Parameter callsAtOnce: how many calls one connection may have under way; nil for any number.
  func transport(messageLength: Int, callsAtOnce: Int? = nil) -> HTTP2ServerTransport.Custom<UnixListener> {
    var config = HTTP2ServerTransport.Custom<UnixListener>.Config.defaults
    config.rpc.maxRequestPayloadSize = messageLength
    HTTP2Settings.apply(to: &config)
    config.http2.maxConcurrentStreams = callsAtOnce
    return HTTP2ServerTransport.Custom(listenerFactory: self, config: config)
  }
}
