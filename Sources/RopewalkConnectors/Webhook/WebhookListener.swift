import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import RopewalkConnector
import RopewalkCore
import Synchronization

/// One address that is listened on, for all endpoints that share it.
final class WebhookListener: Sendable {
  /// The event that tells connections to end after their request.
  struct Closing: Sendable {}

  enum Admission { case admitted, tooMany, closing }

  private struct State {
    var endpoints = EndpointTable<WebhookEndpoint>()
    var connections: [ObjectIdentifier: any Channel] = [:]
    var serverChannel: EventLoopFuture<any Channel>?
    var activeEndpoints = 0
    var isClosing = false
  }

  let address: ListenAddress
  let settings: ListenerSettings
  private let state = Mutex(State())

  init(address: ListenAddress, settings: ListenerSettings) {
    self.address = address
    self.settings = settings
  }

  /// Starts to listen; ``bound()`` tells whether that went well. To be called once.
  func listen(on group: any EventLoopGroup, tls: NIOSSLContext?) {
    let future = WebhookServer.bind(self, on: group, tls: tls)
    state.withLock { $0.serverChannel = future }
  }

  /// The address that is listened on, with the port that the system chose where 0 was asked for.
  func bound() async throws(ConnectionError) -> ListenAddress {
    guard let future = state.withLock({ $0.serverChannel }) else { return address }
    do {
      let channel = try await future.get()
      return ListenAddress(host: address.host, port: channel.localAddress?.port ?? address.port)
    } catch {
      throw WebhookServer.connectionError(error, address: address)
    }
  }

  /// False when another endpoint takes the same paths.
  func add(_ endpoint: WebhookEndpoint) -> Bool {
    state.withLock { state in
      guard state.endpoints.insert(endpoint, at: endpoint.path) else { return false }
      state.activeEndpoints += 1
      return true
    }
  }

  /// One endpoint takes no more messages, but still answers. True when it was the last.
  func retireOne() -> Bool {
    state.withLock { state in
      state.activeEndpoints -= 1
      return state.activeEndpoints == 0
    }
  }

  func remove(_ endpoint: WebhookEndpoint) {
    state.withLock { $0.endpoints.remove(endpoint) }
  }

  /// The endpoint takes nothing any more, but asks those who come to come again until another one takes its place.
  func vacate(_ endpoint: WebhookEndpoint) {
    state.withLock { $0.endpoints.vacate(endpoint) }
  }

  func removeVacated() {
    state.withLock { $0.endpoints.removeVacated() }
  }

  func match(_ target: String) -> (endpoint: WebhookEndpoint, captures: [MessageHeaders.Field])? {
    state.withLock { $0.endpoints.match(target) }
  }

  func admit(_ channel: any Channel) -> Admission {
    state.withLock { state in
      let isFull = state.connections.count >= settings.maxConnections
      guard !state.isClosing, state.connections.count < 2 * settings.maxConnections else { return .closing }
      state.connections[ObjectIdentifier(channel)] = channel
      return isFull ? .tooMany : .admitted
    }
  }

  func closed(_ channel: any Channel) {
    state.withLock { _ = $0.connections.removeValue(forKey: ObjectIdentifier(channel)) }
  }

  /// Accepts no more connections and lets those that are open end after their request.
  func stopAccepting() async {
    let (future, connections) = state.withLock { state in
      state.isClosing = true
      return (state.serverChannel, Array(state.connections.values))
    }
    if let channel = try? await future?.get() { try? await channel.close() }
    for connection in connections { connection.pipeline.fireUserInboundEventTriggered(Closing()) }
  }

  /// Closes the connections that are still open.
  func closeConnections() async {
    let connections = state.withLock { Array($0.connections.values) }
    for connection in connections { try? await connection.close() }
  }
}
