import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import RopewalkCore

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Opens connections to one origin.
struct HTTPDialer: Sendable {
  /// Addresses of one name that are tried, one after another.
  static let maxAddresses = 4
  /// Bound on one attempt to connect, where there is another address to try.
  static let attemptTimeout: TimeAmount = .seconds(3)

  var origin: HTTPURL.Origin
  /// Needed when the origin is secure.
  var tls: NIOSSLContext?
  var idleTimeout: Duration
  var group: any EventLoopGroup

  /// Connects to the first of `addresses` that answers.
  func connect(to addresses: [SocketAddress], until deadline: NIODeadline, timeout: Duration) async throws(HTTPClientError)
    -> HTTPConnection
  {
    guard !addresses.isEmpty else { throw .unresolvable(host: origin.host) }
    var failure = HTTPClientError.unresolvable(host: origin.host)
    let candidates = addresses.prefix(Self.maxAddresses)
    for (index, address) in candidates.enumerated() {
      let remaining = deadline - .now()
      guard remaining > .zero else { throw .timeout(origin.description, after: timeout.shortText) }
      guard !Task.isCancelled else { throw .cancelled }
      do {
        return try await connect(to: address, within: index == candidates.count - 1 ? remaining : min(remaining, Self.attemptTimeout))
      } catch let error as ChannelError {
        if case .connectTimeout = error, deadline <= .now() { throw .timeout(origin.description, after: timeout.shortText) }
        failure = .unreachable(origin.description, reason: "no answer")
      } catch let error as IOError {
        failure = .unreachable(origin.description, reason: Self.reason(of: error))
      } catch {
        failure = .unreachable(origin.description, reason: String(describing: error))
      }
    }
    throw failure
  }

  private func connect(to address: SocketAddress, within limit: TimeAmount) async throws -> HTTPConnection {
    let loop = MultiThreadedEventLoopGroup.currentEventLoop ?? group.next()
    let opened = OneShot<Result<HTTPConnection, any Error>>()
    // Kept at hand: a connection that the peer ends at once has no handlers by the time that it is seen here.
    let handler = NIOLoopBoundBox.makeBoxSendingValue(
      HTTPConnectionHandler(peer: origin.description, idleTimeout: idleTimeout),
      eventLoop: loop
    )
    let future = ClientBootstrap(group: loop)
      .channelOption(.tcpOption(.tcp_nodelay), value: 1)
      .connectTimeout(limit)
      .channelInitializer { channel in channel.eventLoop.makeCompletedFuture { try configure(channel, handler.value) } }
      .connect(to: address)
    future.map { HTTPConnection(channel: $0, handler: handler) }.whenComplete { result in
      // Whoever gave up waiting gets no connection: it would never be closed.
      if !opened.fulfil(result), case .success(let connection) = result { connection.close() }
    }
    return try await withTaskCancellationHandler {
      try await opened.wait().get()
    } onCancel: {
      opened.fulfil(.failure(CancellationError()))
    }
  }

  private func configure(_ channel: any Channel, _ handler: HTTPConnectionHandler) throws {
    let pipeline = channel.pipeline.syncOperations
    if origin.isSecure, let tls {
      try pipeline.addHandler(ServerName(origin.host).makeHandler(tls))
    }
    // In a statement of its own: see CONTRIBUTING.md, "Traps".
    let decoder = HTTPResponseDecoder()
    try pipeline.addHandler(HTTPRequestEncoder())
    try pipeline.addHandler(ByteToMessageHandler(decoder))
    try pipeline.addHandler(handler)
  }

  private static func reason(of error: IOError) -> String {
    switch error.errnoCode {
    case ECONNREFUSED: "connection refused"
    case EHOSTUNREACH, ENETUNREACH: "no route"
    case ETIMEDOUT: "no answer"
    case ECONNRESET: "connection reset"
    default: error.description
    }
  }
}
