import FoundationEssentials
import GRPCCore
import GoPlugin
import RopewalkCore
import Synchronization

/// `ropewalk.connector.v1.Connector`, over nodes that an author wrote.
final class ConnectorService: RegistrableRPCService {
  private let metadata: PluginMetadata
  private let serving: ConnectorPlugin.Serving
  private let limits: ServeLimits
  private let broker: PluginBroker
  private let scope: TaskScope
  private let connections = Mutex<[String: ServedConnection]>([:])

  init(metadata: PluginMetadata, serving: ConnectorPlugin.Serving, limits: ServeLimits, broker: PluginBroker, scope: TaskScope) {
    self.metadata = metadata
    self.serving = serving
    self.limits = limits
    self.broker = broker
    self.scope = scope
  }

  func registerMethods<Transport: ServerTransport>(with router: inout RPCRouter<Transport>) {
    router.registerUnary(ConnectorMethods.metadata) { (_: WireMetadataRequest) in WirePluginMetadata(self.metadata) }
    router.registerUnary(ConnectorMethods.validate) { await self.validate($0) }
    router.registerUnary(ConnectorMethods.connect) { await self.connect($0) }
    router.registerUnary(ConnectorMethods.disconnect) { await self.disconnect($0) }
    router.registerUnary(ConnectorMethods.health) { await self.health($0) }
    router.registerUnary(ConnectorMethods.send) { await self.send($0) }
    router.registerUnary(ConnectorMethods.receive) { await self.receive($0) }
    router.registerHandler(
      forMethod: ConnectorMethods.exchange,
      deserializer: HostFrameDeserializer(),
      serializer: ConnectorFrameSerializer<ServedExchange.Ticket>()
    ) { request, _ in
      StreamingServerResponse { writer in
        let exchange = ServedExchange(limits: self.limits) { self.connection($0)?.node }
        try await exchange.serve(request.messages, writer)
        return [:]
      }
    }
  }

  /// Disconnects everything, at the end of the process.
  func close() async {
    for connection in connections.withLock({ Array($0.values) }) { await connection.disconnect() }
  }

  private func connection(_ id: String) -> ServedConnection? { connections.withLock { $0[id] } }

  private func validate(_ request: WireValidateRequest) async -> WireValidateResponse {
    var response = WireValidateResponse()
    do throws(ConnectionError) {
      let configuration = try ConnectionConfiguration(wire: request.config)
      response.problems = await serving.node(ConnectorHost(link: nil)).validate(configuration).map { WireConfigProblem($0) }
    } catch {
      response.problems = [WireConfigProblem(ConfigurationProblem(path: [], error.message))]
    }
    return response
  }

  private func connect(_ request: WireConnectRequest) async -> WireConnectResponse {
    var response = WireConnectResponse()
    do throws(ConnectionError) {
      let connection = try entry(request.config.id)
      if let error = await connection.connect(request, broker: broker, scope: scope, makeNode: serving.node) { throw error }
      ProgramText.unmapUnused()
    } catch {
      response.error = WireError(error)
    }
    return response
  }

  private func entry(_ id: String) throws(ConnectionError) -> ServedConnection {
    try connections.withLock { connections throws(ConnectionError) in
      if let connection = connections[id] { return connection }
      if case .one = serving, connections.values.contains(where: \.isConnected) {
        throw ConnectionError(.unsupported, "this connector serves one connection in a process; start another process for '\(id)'")
      }
      if connections.count >= limits.connections {
        for (id, connection) in connections where !connection.isConnected { connections[id] = nil }
      }
      guard connections.count < limits.connections else {
        throw ConnectionError(.rateLimited, "this process serves \(limits.connections) connections already", recoverable: true)
      }
      let connection = ServedConnection(id: id)
      connections[id] = connection
      return connection
    }
  }

  private func disconnect(_ request: WireDisconnectRequest) async -> WireDisconnectResponse {
    await connection(request.connectionID)?.disconnect()
    return WireDisconnectResponse()
  }

  private func health(_ request: WireHealthRequest) async -> WireHealthResponse {
    var response = WireHealthResponse()
    switch await connection(request.connectionID)?.node?.health() {
    case .healthy: response.healthy = true
    case .unhealthy(let reason): response.reason = reason
    case nil: response.reason = Self.isNotOpen.message
    }
    return response
  }

  private static let isNotOpen = ConnectionError(.connectionFailed, "the connection is not open; call Connect first", recoverable: true)

  private func send(_ request: WireSendRequest) async -> WireSendResponse {
    var response = WireSendResponse()
    do throws(ConnectionError) {
      guard let node = connection(request.connectionID)?.node else { throw Self.isNotOpen }
      try await node.send(Message(wire: request.message))
    } catch {
      response.error = WireError(error)
    }
    return response
  }

  private func receive(_ request: WireReceiveRequest) async -> WireReceiveResponse {
    let position = [UInt8](request.resumePosition)
    guard
      let receiver = connection(request.connectionID)?.receiverOfCalls(resumePosition: position, limits: limits, scope: scope)
    else {
      var response = WireReceiveResponse()
      response.error = WireError(Self.isNotOpen)
      return response
    }
    return await receiver.receive(request)
  }
}
