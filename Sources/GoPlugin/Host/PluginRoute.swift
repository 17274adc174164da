import EventLoopTasks
import GRPCCore
import GRPCNIOTransportCore
import NIOCore
import NIOPosix
import NIOSSL

/// How a connection to the other side is made.
enum PluginRoute: Sendable {
  /// To a socket of its own. Where the plugin is enclosed, its sockets are reached through the enclosure.
  case socket(PluginAddress, through: PluginEnclosure?)
  /// Within the connection that there is.
  case stream(of: Multiplexer)

  /// Connects, with a ``FrameFilter`` between TLS and HTTP/2. Throws `connectionFailed`, or what a ``Multiplexer`` throws;
  /// what goes wrong later, in TLS for instance, is told to `failure`. The executor runs tasks on the connection's thread.
  func connect(
    trust: Trust,
    messageLength: Int,
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
    let eventLoop = eventLoop
    let transport = try await PluginTransport.wrapping(
      config: configuration,
      serviceConfig: ServiceConfig(methodConfig: [everyMethod])
    ) { configure in
      try await open(on: eventLoop) { channel in
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
  }

  private var eventLoop: any EventLoop {
    switch self {
    case .socket: MultiThreadedEventLoopGroup.singleton.next()
    case .stream(let multiplexer): multiplexer.eventLoop
    }
  }

  /// Opens the connection itself. Throws `connectionFailed`, or what a ``Multiplexer`` throws.
  func open<Output: Sendable>(
    on eventLoop: any EventLoop,
    _ initializer: @escaping @Sendable (any Channel) -> EventLoopFuture<Output>
  ) async throws -> Output {
    do {
      switch self {
      case .stream(let multiplexer): return try await multiplexer.open(initializer)
      case .socket(let address, let enclosure): return try await Self.open(address, on: eventLoop, through: enclosure, initializer)
      }
    } catch let error as CancellationError {
      throw error
    } catch {
      if case .stream = self, error is GoPluginError { throw error }
      throw GoPluginError(.connectionFailed, "\(self): \(error)")
    }
  }

  private static func open<Output: Sendable>(
    _ address: PluginAddress,
    on eventLoop: any EventLoop,
    through enclosure: PluginEnclosure?,
    _ initializer: @escaping @Sendable (any Channel) -> EventLoopFuture<Output>
  ) async throws -> Output {
    let bootstrap = ClientBootstrap(group: eventLoop)
    if let enclosure {
      guard case .unix(let path) = address else {
        throw GoPluginError(.connectionFailed, "an enclosed plugin must listen on a Unix socket")
      }
      return try await bootstrap.withConnectedSocket(enclosure.connect(path), channelInitializer: initializer)
    }
    return switch address {
    case .unix(let path): try await bootstrap.connect(unixDomainSocketPath: path, channelInitializer: initializer)
    case .tcp(let host, let port): try await bootstrap.connect(host: host, port: port, channelInitializer: initializer)
    }
  }
}

extension PluginRoute: CustomStringConvertible {
  /// What it is that fails.
  var description: String {
    switch self {
    case .socket(let address, _): "the plugin does not take a connection at \(address.network) \(address.text)"
    case .stream: "no connection can be opened within the one to the plugin"
    }
  }
}
