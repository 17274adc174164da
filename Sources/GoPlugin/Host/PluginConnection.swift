import EventLoopTasks
import GRPCCore
public import GRPCNIOTransportCore
import NIOCore
import NIOPosix
import NIOSSL

/// The transport over which a host reaches its plugin. It is one connection, and does not come back once lost.
public typealias PluginTransport = HTTP2ClientTransport.WrappedChannel

extension PluginAddress {
  /// Connects, with a ``FrameFilter`` between TLS and HTTP/2. Throws `connectionFailed`; what goes wrong
  /// later, in TLS for instance, is told to `failure`. The executor runs tasks on the connection's thread.
  /// Where the plugin is enclosed, its sockets are reached through the enclosure.
  func connect(
    trust: Trust,
    messageLength: Int,
    enclosure: PluginEnclosure? = nil,
    failure: ConnectionFailure? = nil
  ) async throws -> (transport: PluginTransport, executor: any TaskExecutor) {
    let tls = try trust.clientContext()
    // A method without a name stands for all.
    let everyMethod = MethodConfig(
      names: [.init(service: "")],
      maxRequestMessageBytes: messageLength,
      maxResponseMessageBytes: messageLength
    )
    // Go's server does without one; Python's refuses a call that names none.
    var configuration = PluginTransport.Config.defaults
    HTTP2Settings.apply(to: &configuration)
    configuration.http2.authority = EphemeralIdentity.hostname
    let (address, serviceConfig) = (self, ServiceConfig(methodConfig: [everyMethod]))
    do {
      let eventLoop = MultiThreadedEventLoopGroup.singleton.next()
      let transport = try await PluginTransport.wrapping(config: configuration, serviceConfig: serviceConfig) { configure in
        try await address.open(on: eventLoop, through: enclosure) { channel in
          channel.eventLoop.makeCompletedFuture {
            let pipeline = channel.pipeline.syncOperations
            if let tls {
              try pipeline.addHandler(NIOSSLClientHandler(context: tls, serverHostname: EphemeralIdentity.hostname))
            }
            try pipeline.addHandler(FrameFilterHandler(role: .client, failure: failure))
          }.flatMap { configure(channel) }
        }
      }
      return (transport, EventLoopTaskExecutor(eventLoop))
    } catch let error as CancellationError {
      throw error
    } catch {
      throw GoPluginError(.connectionFailed, "the plugin does not take a connection at \(network) \(text): \(error)")
    }
  }

  private func open<Output: Sendable>(
    on eventLoop: any EventLoop,
    through enclosure: PluginEnclosure?,
    _ initializer: @escaping @Sendable (any Channel) -> EventLoopFuture<Output>
  ) async throws -> Output {
    let bootstrap = ClientBootstrap(group: eventLoop)
    if let enclosure {
      guard case .unix(let path) = self else {
        throw GoPluginError(.connectionFailed, "an enclosed plugin must listen on a Unix socket")
      }
      return try await bootstrap.withConnectedSocket(enclosure.connect(path), channelInitializer: initializer)
    }
    return switch self {
    case .unix(let path): try await bootstrap.connect(unixDomainSocketPath: path, channelInitializer: initializer)
    case .tcp(let host, let port): try await bootstrap.connect(host: host, port: port, channelInitializer: initializer)
    }
  }
}
