import Glibc
import NIOCore
import NIOPosix
import Synchronization

/// The one connection between a host and its plugin where it carries all others inside, as streams of a yamux session.
///
/// Each stream ends in a socket of its own here, so that TLS, HTTP/2 and gRPC are set up as over any other connection.
final class Multiplexer: Sendable {
  private struct Session: Sendable {
    let channel: any Channel
    let handler: NIOLoopBound<YamuxHandler>
  }

  private struct State {
    var knocks: KnockStateMachine
    var session: Session?
    var hadSession = false
    var listening: (any Channel)?
  }

  /// The thread of the connection and of all within it.
  let eventLoop: any EventLoop

  private let role: YamuxSessionStateMachine.Role
  private let limits: HostLimits
  private let ended: @Sendable () -> Void
  private let state: Mutex<State>

  /// - Parameter mainPath: the socket that serves streams of the other side that it has not knocked for.
  /// - Parameter ended: called when the connection has ended.
  init(
    role: YamuxSessionStateMachine.Role,
    mainPath: String? = nil,
    limits: HostLimits,
    eventLoop: any EventLoop = MultiThreadedEventLoopGroup.singleton.next(),
    ended: @escaping @Sendable () -> Void = {}
  ) {
    self.role = role
    self.limits = limits
    self.eventLoop = eventLoop
    self.ended = ended
    state = Mutex(State(knocks: KnockStateMachine(main: mainPath, limit: limits.brokerOffers, patience: limits.brokerTimeout)))
  }

  /// Connects to the plugin. What goes wrong later is told to `failure`.
  func connect(to address: PluginAddress, through enclosure: PluginEnclosure?, failure: ConnectionFailure) async throws {
    try await PluginRoute.socket(address, through: enclosure).open(on: eventLoop) { channel in
      channel.eventLoop.makeCompletedFuture { try self.attach(channel, failure: failure) }
    }
  }

  /// Listens for the host, which connects once, until ``close()``.
  func listen(at path: String) async throws {
    let listening = try await ServerBootstrap(group: eventLoop)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture { try self.attach(channel, failure: nil) }
      }
      .bind(unixDomainSocketPath: path).get()
    state.withLock { $0.listening = listening }
  }

  /// Opens a stream and returns what `initializer` makes of its socket. Throws `brokerClosed` or `brokerFull`.
  func open<Output: Sendable>(_ initializer: @escaping @Sendable (any Channel) -> EventLoopFuture<Output>) async throws -> Output {
    guard let session = state.withLock({ $0.session }) else { throw GoPluginError.brokerClosed }
    let sockets = try SocketPair()
    do {
      try await ClientBootstrap(group: eventLoop)
        .channelOption(.autoRead, value: false)
        .withConnectedSocket(sockets.first) { channel in
          channel.eventLoop.makeCompletedFuture {
            try channel.pipeline.syncOperations.addHandler(session.handler.value.open())
          }
        }
    } catch {
      Glibc.close(sockets.second)
      throw error
    }
    return try await ClientBootstrap(group: eventLoop).withConnectedSocket(sockets.second, channelInitializer: initializer)
  }

  /// Returns true when the other side has knocked for the number already and is to be told that it may come.
  func serves(_ id: UInt32, at path: String) -> Bool { state.withLock { $0.knocks.serves(id, at: path, now: .now) } }

  func stopsServing(_ id: UInt32) { state.withLock { $0.knocks.stopsServing(id) } }

  func knocked(_ id: UInt32) -> KnockStateMachine.Knocked { state.withLock { $0.knocks.knocked(id, now: .now) } }

  /// Closes the connection once all that the streams have to send is sent, and at once when the task is cancelled.
  func finish() async {
    guard let session = state.withLock({ $0.session }) else { return }
    await withTaskCancellationHandler {
      eventLoop.execute { session.handler.value.finish() }
      try? await session.channel.closeFuture.get()
    } onCancel: {
      session.channel.close(promise: nil)
    }
  }

  func close() {
    let (session, listening) = state.withLock { ($0.session, $0.listening) }
    session?.channel.close(promise: nil)
    listening?.close(promise: nil)
  }

  /// Makes a connection the session. There is one in a plugin's life.
  private func attach(_ channel: any Channel, failure: ConnectionFailure?) throws {
    let handler = YamuxHandler(role: role, limit: limits.multiplexedConnections, failure: failure) { [weak self] in
      self?.state.withLock { $0.knocks.destination(now: .now) }
    }
    let session = Session(channel: channel, handler: NIOLoopBound(handler, eventLoop: channel.eventLoop))
    let isFirst = state.withLock { state in
      defer { state.hadSession = true }
      if !state.hadSession { state.session = session }
      return !state.hadSession
    }
    guard isFirst else { throw GoPluginError(.connectionFailed, "the host is connected already") }
    try channel.pipeline.syncOperations.addHandler(handler)
    channel.closeFuture.whenComplete { _ in
      self.state.withLock { $0.session = nil }
      self.ended()
    }
  }
}
