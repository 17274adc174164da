import NIOCore
import RopewalkConnector
import RopewalkCore
import Synchronization

/// The listeners of this process: connectors with the same `listen` share one.
final class ListenerRegistry: Sendable {
  private let group: any EventLoopGroup
  private let drainTimeout: TimeAmount
  private struct State {
    var listeners: [ListenAddress: WebhookListener] = [:]
    var holds = 0
    /// Listeners that have no endpoint any more, and are open only because of the holds.
    var kept: [WebhookListener] = []
  }

  private let state = Mutex(State())

  /// - Parameter drainTimeout: how long a stop waits for requests under way. Default 10 s.
  init(group: any EventLoopGroup, drainTimeout: TimeAmount = .seconds(10)) {
    self.group = group
    self.drainTimeout = drainTimeout
  }

  /// Puts an endpoint on its listener, which is opened where it is the first.
  func attach(_ endpoint: WebhookEndpoint, _ settings: WebhookSettings) async throws(ConnectionError) -> (WebhookListener, ListenAddress) {
    let (tls, problems) = settings.listener.tls.map { WebhookServer.makeTLS($0) } ?? (nil, [])
    if let problem = problems.first { throw ConnectionError(problem) }
    if let stale = takeStale(for: settings) {
      await stale.stopAccepting()
      await stale.closeConnections()
    }
    let outcome: Result<WebhookListener, ConnectionError> = state.withLock { state in
      if let listener = state.listeners[settings.listen] {
        let joined = Self.join(listener, endpoint, settings)
        if case .success = joined { state.kept.removeAll { $0 === listener } }
        return joined
      }
      let listener = WebhookListener(address: settings.listen, settings: settings.listener)
      _ = listener.add(endpoint)
      listener.listen(on: group, tls: tls)
      // Port 0 is another port each time.
      if settings.listen.port != 0 { state.listeners[settings.listen] = listener }
      return .success(listener)
    }
    let listener = try outcome.get()
    do {
      return (listener, try await listener.bound())
    } catch {
      _ = retireOne(of: listener, isOpen: false)
      listener.remove(endpoint)
      throw error
    }
  }

  /// A listener that is only held, and cannot serve with these settings.
  private func takeStale(for settings: WebhookSettings) -> WebhookListener? {
    state.withLock { state in
      guard let stale = state.kept.first(where: { $0.address == settings.listen && $0.settings != settings.listener }) else { return nil }
      state.kept.removeAll { $0 === stale }
      if state.listeners[stale.address] === stale { state.listeners[stale.address] = nil }
      return stale
    }
  }

  /// Takes an endpoint off: new requests are turned away, those under way are finished within the drain timeout.
  func detach(_ endpoint: WebhookEndpoint, from listener: WebhookListener) async {
    let end = retireOne(of: listener)
    if end == .closes { await listener.stopAccepting() }
    await endpoint.drain(within: drainTimeout, on: group.next())
    // An endpoint that is drained says so; one that is gone would be "not found" to senders that still are connected.
    if end == .closes { await listener.closeConnections() }
    if end == .staysForNext {
      listener.vacate(endpoint)
    } else {
      listener.remove(endpoint)
    }
    endpoint.finish()
  }

  /// Keeps listeners open although their last endpoint goes, until ``release()``: requests for an endpoint that has gone are
  /// asked to come again (503) until another one takes its path.
  func hold() {
    state.withLock { $0.holds += 1 }
  }

  /// Ends one ``hold()``; the last one closes what nobody has taken over.
  func release() async {
    let (closed, open) = state.withLock { state -> ([WebhookListener], [WebhookListener]) in
      state.holds -= 1
      guard state.holds == 0 else { return ([], []) }
      defer { state.kept = [] }
      for listener in state.kept where state.listeners[listener.address] === listener { state.listeners[listener.address] = nil }
      return (state.kept, Array(state.listeners.values))
    }
    for listener in open { listener.removeVacated() }
    for listener in closed {
      await listener.stopAccepting()
      await listener.closeConnections()
    }
  }

  private enum End {
    /// Others take messages there.
    case stays
    /// It is held, and the endpoint's path is kept for the next.
    case staysForNext
    case closes
  }

  /// One endpoint takes no messages any more. When none is left that does, nobody joins the listener any more, unless it is held.
  private func retireOne(of listener: WebhookListener, isOpen: Bool = true) -> End {
    state.withLock { state in
      let isLast = listener.retireOne()
      let isHeld = isOpen && state.holds > 0 && state.listeners[listener.address] === listener
      guard !isHeld else {
        if isLast { state.kept.append(listener) }
        return .staysForNext
      }
      guard isLast else { return .stays }
      if state.listeners[listener.address] === listener { state.listeners[listener.address] = nil }
      return .closes
    }
  }

  private static func join(
    _ listener: WebhookListener,
    _ endpoint: WebhookEndpoint,
    _ settings: WebhookSettings
  ) -> Result<WebhookListener, ConnectionError> {
    guard listener.settings == settings.listener else { return .failure(ConnectionError(settings.listenerConflict)) }
    guard listener.add(endpoint) else { return .failure(ConnectionError(settings.pathConflict)) }
    return .success(listener)
  }
}
