import NIOCore
import NIOPosix
import RopewalkCore
import Synchronization

/// Keep-alive HTTP/1.1 connections to one origin, at most one exchange on each at a time.
final class HTTPPool: Sendable {
  struct Limits: Sendable {
    /// Connections open at once. Default 64.
    var maxConnections = 64
    /// Requests that wait for a connection; a further one fails at once. Default 1,024.
    var maxWaiting = 1024
    /// How long a connection stays open without a request. Default 30 s.
    var idleTimeout: Duration = .seconds(30)
  }

  private enum Grant: Sendable {
    case connection(HTTPConnection)
    case slot
    case failure(HTTPClientError)
  }

  private typealias StateMachine = HTTPPoolStateMachine<HTTPConnection, OneShot<Grant>>

  private let dialer: HTTPDialer
  private let state: Mutex<StateMachine>

  init(dialer: HTTPDialer, limits: Limits) {
    self.dialer = dialer
    state = Mutex(StateMachine(maxConnections: limits.maxConnections, maxWaiting: limits.maxWaiting))
  }

  /// Sends the request on a free connection, or on one that `addresses` leads to, or waits for one.
  ///
  /// A request that failed is never sent again: whoever asked must decide. Cancelling gives it up at once. A customer whose
  /// exchange cost a connection opens the next one itself, so that others keep theirs.
  func perform(
    _ exchange: HTTPExchange,
    addresses: () async throws(HTTPClientError) -> [SocketAddress]
  ) async throws(HTTPClientError) -> HTTPExchange.Answer {
    let connection: HTTPConnection
    let waiter = OneShot<Grant>()
    let loop = MultiThreadedEventLoopGroup.currentEventLoop
    switch state.withLock({ $0.acquire(waiter, for: exchange.customer) { loop == nil || $0.channel.eventLoop === loop } }) {
    case .use(let idle): connection = idle
    case .connect: connection = try await open(for: exchange, addresses)
    case .wait:
      switch await wait(for: waiter, until: exchange.deadline, timeout: exchange.timeout) {
      case .connection(let free): connection = free
      case .slot: connection = try await open(for: exchange, addresses)
      case .failure(let error): throw error
      }
    case .refuse: throw .overloaded(dialer.origin.description, waiting: state.withLock { $0.waiting })
    case .shutDown: throw .shutDown
    }
    do {
      let answer = try await connection.perform(exchange)
      if !connection.isOpen { state.withLock { $0.ended(by: exchange.customer) } }
      return answer
    } catch {
      state.withLock { $0.ended(by: exchange.customer) }
      throw error
    }
  }

  /// Whether no connection is open.
  var isUnused: Bool { state.withLock { $0.isUnused } }

  /// Closes every connection; requests under way fail.
  func shutDown() {
    let (connections, waiters) = state.withLock { $0.shutDown() }
    for waiter in waiters { waiter.fulfil(.failure(.shutDown)) }
    for connection in connections { connection.close() }
  }

  private func open(
    for exchange: HTTPExchange,
    _ addresses: () async throws(HTTPClientError) -> [SocketAddress]
  ) async throws(HTTPClientError) -> HTTPConnection {
    do {
      let connection = try await dialer.connect(to: addresses(), until: exchange.deadline, timeout: exchange.timeout)
      act(on: state.withLock { $0.opened(connection) })
      connection.observe(
        HTTPConnectionHandler.Events(
          becameIdle: { [unowned connection] in self.act(on: self.state.withLock { $0.becameIdle(connection) }) },
          closed: { [unowned connection] in self.act(on: self.state.withLock { $0.closed(connection) }) }
        )
      )
      return connection
    } catch {
      act(on: state.withLock { $0.slotGivenBack() })
      throw error
    }
  }

  private func wait(for waiter: OneShot<Grant>, until deadline: NIODeadline, timeout: Duration) async -> Grant {
    let peer = dialer.origin.description
    let timer = dialer.group.next().scheduleTask(deadline: deadline) {
      _ = waiter.fulfil(.failure(.timeout(peer, after: timeout.shortText)))
    }
    defer { timer.cancel() }
    return await withTaskCancellationHandler {
      await waiter.wait()
    } onCancel: {
      waiter.fulfil(.failure(.cancelled))
    }
  }

  private func act(on first: StateMachine.Action) {
    var action = first
    while true {
      switch action {
      case .none: return
      case .hand(let connection, let waiter):
        if waiter.fulfil(.connection(connection)) { return }
        action = state.withLock { $0.becameIdle(connection) }
      case .grantSlot(let waiter):
        if waiter.fulfil(.slot) { return }
        action = state.withLock { $0.slotGivenBack() }
      case .close(let connection):
        connection.close()
        return
      }
    }
  }
}
