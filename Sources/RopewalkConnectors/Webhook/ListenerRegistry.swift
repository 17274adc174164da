import NIOCore
import RopewalkConnector
import RopewalkCore
import Synchronization

/// The listeners of this process: connectors with the same `listen` share one.
final class ListenerRegistry: Sendable {
  private let group: any EventLoopGroup
  private let drainTimeout: TimeAmount
  private let listeners = Mutex<[ListenAddress: WebhookListener]>([:])

  /// - Parameter drainTimeout: how long a stop waits for requests under way. Default 10 s.
  init(group: any EventLoopGroup, drainTimeout: TimeAmount = .seconds(10)) {
    self.group = group
    self.drainTimeout = drainTimeout
  }

  /// Puts an endpoint on its listener, which is opened where it is the first.
  func attach(_ endpoint: WebhookEndpoint, _ settings: WebhookSettings) async throws(ConnectionError) -> (WebhookListener, ListenAddress) {
    let tls = try settings.listener.tls.map { (tls) throws(ConnectionError) in try WebhookServer.makeTLS(tls) }
    let outcome: Result<WebhookListener, ConnectionError> = listeners.withLock { listeners in
      if let listener = listeners[settings.listen] { return Self.join(listener, endpoint, settings) }
      let listener = WebhookListener(address: settings.listen, settings: settings.listener)
      _ = listener.add(endpoint)
      listener.listen(on: group, tls: tls)
      // Port 0 is another port each time.
      if settings.listen.port != 0 { listeners[settings.listen] = listener }
      return .success(listener)
    }
    let listener = try outcome.get()
    do {
      return (listener, try await listener.bound())
    } catch {
      _ = retireOne(of: listener)
      listener.remove(endpoint)
      throw error
    }
  }

  /// Takes an endpoint off: new requests are turned away, those under way are finished within the drain timeout.
  func detach(_ endpoint: WebhookEndpoint, from listener: WebhookListener) async {
    let isLast = retireOne(of: listener)
    if isLast { await listener.stopAccepting() }
    await endpoint.drain(within: drainTimeout, on: group.next())
    // An endpoint that is drained says so; one that is gone would be "not found" to senders that still are connected.
    if isLast { await listener.closeConnections() }
    listener.remove(endpoint)
    endpoint.finish()
  }

  /// True when the listener has no endpoint left that takes messages; then nobody joins it any more.
  private func retireOne(of listener: WebhookListener) -> Bool {
    listeners.withLock { listeners in
      guard listener.retireOne() else { return false }
      if listeners[listener.address] === listener { listeners[listener.address] = nil }
      return true
    }
  }

  private static func join(
    _ listener: WebhookListener,
    _ endpoint: WebhookEndpoint,
    _ settings: WebhookSettings
  ) -> Result<WebhookListener, ConnectionError> {
    guard listener.settings == settings.listener else {
      let message =
        "another connector listens on \(settings.listen) with other settings; give both the same tls, headerTimeout, bodyTimeout, "
        + "idleTimeout and maxConnections, or another 'listen'"
      return .failure(ConnectionError(.invalidConfiguration, message))
    }
    guard listener.add(endpoint) else {
      let message = "another connector takes the path \(settings.endpoint) on \(settings.listen); choose another 'endpoint' or 'listen'"
      return .failure(ConnectionError(.invalidConfiguration, message))
    }
    return .success(listener)
  }
}
