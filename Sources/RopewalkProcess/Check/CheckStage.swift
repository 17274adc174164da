import GoPlugin
import RopewalkConnector
import RopewalkCore

/// Starts the connector and what stands around it, for one check or measurement.
struct CheckStage: Sendable {
  let plan: CheckPlan
  let log: CheckLog
  /// What the connector is given as a secret, and must not say.
  let canary: String

  /// How long a process may take to end when it is asked to, before it is killed.
  static let stopGrace = Duration.seconds(10)

  func withProcess<Result: Sendable>(_ body: (Plugin) async throws -> Result) async throws -> Result {
    var configuration = PluginConfiguration(
      executable: plan.executable,
      cookie: ConnectorProtocol.cookie,
      protocolVersions: ConnectorProtocol.handshakeVersions
    )
    configuration.arguments = plan.arguments
    configuration.limits.startTimeout = plan.patience
    configuration.limits.stopGrace = Self.stopGrace
    return try await withPlugin(configuration, logger: log.logger, body)
  }

  /// One connection in a process of its own. Nothing is connected yet.
  func withConnector<Result: Sendable>(
    _ ends: ConnectionEnds,
    _ body: (Plugin, RemoteConnector) async throws -> Result
  ) async throws -> Result {
    try await withProcess { plugin in
      try await withConnection(of: plugin, ends) { try await body(plugin, $0) }
    }
  }

  func withConnection<Result: Sendable>(
    of plugin: Plugin,
    _ ends: ConnectionEnds,
    _ body: (RemoteConnector) async throws -> Result
  ) async throws -> Result {
    var services = HostServices(logger: log.logger)
    services.grantedSecrets = [Self.secretName]
    let canary = canary
    services.secret = { _ in Secret(canary) }
    let options = RemoteOptions(connectionID: "check", ends: ends)
    return try await withRemoteConnector(over: plugin, options, host: services, logger: log.logger, body)
  }

  static let secretName = "check"

  func configuration(_ settings: JSONObject, for connector: PluginMetadata, _ ends: ConnectionEnds) -> ConnectionConfiguration {
    var credentials = plan.credentials
    credentials[Self.secretName] = Secret(canary)
    return ConnectionConfiguration(
      name: "check",
      type: plan.type ?? connector.supportedTypes.first ?? "",
      settings: settings,
      credentials: credentials,
      ends: ends
    )
  }

  /// Connects the connector at one end, and disconnects it after `body`.
  func withOpen<Result: Sendable>(
    _ ends: ConnectionEnds,
    _ end: CheckPlan.End,
    _ body: (Plugin, RemoteConnector) async throws -> Result
  ) async throws -> Result {
    try await withConnector(ends) { plugin, remote in
      try await noting { try await remote.connect(configuration(end.settings, for: remote.metadata, ends)) }
      do {
        let result = try await body(plugin, remote)
        await remote.disconnect()
        return result
      } catch {
        await remote.disconnect()
        throw error
      }
    }
  }

  /// The other side of an end, connected.
  func withPeer<Result: Sendable>(
    _ peer: CheckPlan.Peer,
    _ ends: ConnectionEnds,
    _ body: (any ConnectionNode) async throws -> Result
  ) async throws -> Result {
    switch peer {
    case .itself(let settings):
      return try await withOpen(ends, CheckPlan.End(settings: settings)) { _, remote in try await body(remote) }
    case .connector(let configuration, let make):
      let node = make()
      let problems = await node.validate(configuration)
      guard problems.isEmpty else {
        let text = problems.map { "\($0.path.joined(separator: ".")) \($0.message)" }.joined(separator: "; ")
        throw CheckOmission("the settings of what stands beside the connector are wrong: \(text)")
      }
      try await node.connect(configuration)
      do {
        let result = try await body(node)
        await node.disconnect()
        return result
      } catch {
        await node.disconnect()
        throw error
      }
    }
  }

  /// Keeps what an error says, where secrets are looked for.
  func noting<Result>(_ body: () async throws -> Result) async throws -> Result {
    do {
      return try await body()
    } catch {
      log.add("\(error)")
      throw error
    }
  }

  /// Sends messages at once, and returns what became of each.
  ///
  /// With the inbox that they are for, what is refused before the host was asked is sent again, as its sender would: the connector
  /// may have only just begun to receive.
  func sendAll(_ messages: [Message], over node: any ConnectionNode, to inbox: CheckInbox? = nil) async -> [ConnectionError?] {
    await withTaskGroup(of: (Int, ConnectionError?).self) { group in
      for (index, message) in messages.enumerated() {
        group.addTask { await (index, send(message, over: node, to: inbox)) }
      }
      var outcomes = [ConnectionError?](repeating: nil, count: messages.count)
      for await (index, error) in group { outcomes[index] = error }
      return outcomes
    }
  }

  private func send(_ message: Message, over node: any ConnectionNode, to inbox: CheckInbox?) async -> ConnectionError? {
    while true {
      do throws(ConnectionError) {
        try await node.send(message)
        return nil
      } catch {
        log.add("\(error)")
        guard let inbox, error.recoverable, inbox.awaits(message), !Task.isCancelled else { return error }
        try? await Task.sleep(for: .milliseconds(20))
      }
    }
  }

  /// Receives into an inbox while `body` runs.
  func withReceiving<Result: Sendable>(
    _ node: any ConnectionNode,
    _ inbox: CheckInbox,
    _ body: @escaping @Sendable () async throws -> Result
  ) async throws -> Result {
    try await withThrowingTaskGroup(of: Result?.self) { group in
      group.addTask {
        do {
          try await noting { try await node.receive(into: inbox.inbox) }
        } catch {
          guard Task.isCancelled else { throw error }
        }
        // The source has ended; what `body` waits for may have come.
        return nil
      }
      group.addTask { try await body() }
      defer { group.cancelAll() }
      while let result = try await group.next() {
        if let result { return result }
      }
      throw CheckFailure("receiving ended before the messages had come")
    }
  }
}
