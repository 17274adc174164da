import GRPCCore
package import GoPlugin
package import Logging

/// How a host uses one connection of a connector.
package struct RemoteOptions: Sendable {
  /// Names the connection among all that the connector's process serves.
  package var connectionID: String
  /// Which ends the host will use.
  package var ends: ConnectionEnds
  /// Where the source goes on: the last position that was kept; empty for the beginning.
  package var resumePosition: [UInt8] = []
  /// What of received messages is believed.
  package var incomingRule = IncomingRule()
  package var limits = RemoteLimits()

  package init(connectionID: String, ends: ConnectionEnds) {
    self.connectionID = connectionID
    self.ends = ends
  }
}

/// What a connector in a process says of itself. Throws when it does not answer within `timeout` or answers nonsense.
package func remoteMetadata(of plugin: Plugin, timeout: Duration = .seconds(10)) async throws(ConnectionError) -> PluginMetadata {
  let response: WirePluginMetadata
  do {
    response = try await plugin.client.unary(
      ConnectorMethods.metadata,
      WireMetadataRequest(),
      timeout: timeout,
      answerLength: RemoteLimits.answerLength,
      repeated: [[5], [9]]
    )
  } catch {
    throw ConnectionError(anyError: error, during: .connectionFailed)
  }
  return try PluginMetadata(wire: response)
}

/// Gives `body` one connection of a connector that runs in the process of `plugin`. One process may have several, each
/// by a call of its own and under its own ``RemoteOptions/connectionID``.
///
/// Nothing is validated or connected yet: that is the caller's, as with any `ConnectionNode`. When `body` ends, streams
/// that are still open are ended by force; call ``RemoteConnector/disconnect()`` before, for good order.
///
/// - Parameters:
///   - host: what the connector may ask of the host for this connection.
///   - onPosition: keeps the position from which the source goes on next time; never called twice at once, and always
///     with the latest. Messages before it are the host's, so losing one only makes the source repeat messages.
/// - Throws: a ``ConnectionError`` when the connector does not answer, or was written for a newer version of the contract;
///   a `GoPluginError` when the host's services cannot be offered; what `body` throws.
package func withRemoteConnector<Result: Sendable>(
  over plugin: Plugin,
  _ options: RemoteOptions,
  host: HostServices,
  logger: Logger,
  onPosition: @escaping @Sendable ([UInt8]) async -> Void = { _ in },
  _ body: (RemoteConnector) async throws -> Result
) async throws -> Result {
  let metadata = try await remoteMetadata(of: plugin, timeout: options.limits.callTimeout)
  let rule = ProtocolVersionRule(connector: metadata.protocolVersion)
  switch rule {
  case .allowed: break
  case .warned(let text): logger.warning("\(text)", metadata: ["ropewalk.plugin": "\(metadata.id)"])
  case .blocked(let text): throw ConnectionError(.unsupported, text)
  }
  let position = LatestPosition(onPosition)
  let service = HostService(connectionID: options.connectionID, services: host, limits: options.limits)
  let brokerID = plugin.broker.nextID()
  return try await plugin.broker.withServices([service], id: brokerID) {
    try await withKeptPositions(position) {
      try await withTaskScope { scope in
        try await body(
          RemoteConnector(
            metadata: metadata,
            versionRule: rule,
            options: options,
            client: plugin.client,
            executor: plugin.executor,
            hostBrokerID: brokerID,
            host: service,
            position: position,
            scope: scope
          )
        )
      }
    }
  }
}

/// Keeps positions while `body` runs, and the last one after it.
private func withKeptPositions<Result: Sendable>(_ position: LatestPosition, _ body: () async throws -> Result) async throws -> Result {
  try await withThrowingTaskGroup(of: Void.self) { group in
    group.addTask { await position.run() }
    defer { position.close() }
    return try await body()
  }
}
