import GoPlugin
import Logging
import RopewalkConnector
import RopewalkCore

/// Starts a connector's program, in its sandbox where there is one, and opens connections over it.
struct ConnectorLauncher: Sendable {
  let sandbox: SandboxSpec?
  /// What of a sandbox this machine allows; without one the program runs as any other.
  var support: SandboxSupport?

  /// Starts the program, gives it to `body` once it is connected and healthy, and ends it when `body` does.
  /// - Throws: what `body` throws; a `GoPluginError` or `RopewalkError` when it does not start.
  func withProcess<Result: Sendable>(
    _ program: ConnectorProgram,
    limits: ConnectorLimits,
    logger: Logger,
    _ body: (Plugin) async throws -> Result
  ) async throws -> Result {
    var configuration = PluginConfiguration(
      executable: program.executable,
      cookie: ConnectorProtocol.cookie,
      protocolVersions: ConnectorProtocol.handshakeVersions
    )
    configuration.arguments = program.arguments
    configuration.environment = ConnectorProgram.standardEnvironment.merging(program.environment) { $1 }
    configuration.workingDirectory = program.folder
    configuration.limits.startTimeout = limits.startTimeout
    configuration.limits.stopGrace = limits.stopGrace
    guard var sandbox, let support, isSandboxed else {
      return try await withPlugin(configuration, logger: logger, body)
    }
    if let folder = program.folder { sandbox.readOnly.append(folder) }
    return try await withSandbox(sandbox, support: support, logger: logger) { enclosed in
      configuration.enclosure = enclosed.enclosure
      return try await withPlugin(configuration, logger: logger, body)
    }
  }

  private var isSandboxed: Bool { sandbox != nil && support?.isAvailable == true }

  /// How the program ended, from how what was started did.
  func status(_ status: ExitStatus) -> ExitStatus { isSandboxed ? Sandbox.status(of: status) : status }

  /// What it says that it is.
  /// - Throws: when it may not be used: it was written for a newer contract than ours.
  func metadata(of plugin: Plugin) async throws -> PluginMetadata {
    let metadata = try await remoteMetadata(of: plugin)
    if case .blocked(let text) = ProtocolVersionRule(connector: metadata.protocolVersion) {
      throw ConnectorFailure(text, isForGood: true)
    }
    return metadata
  }

  /// What it is, and what it finds wrong with a configuration.
  func inspect(
    _ plugin: Plugin,
    _ configuration: ConnectionConfiguration,
    _ grants: ConnectorGrants,
    logger: Logger
  ) async throws -> (metadata: PluginMetadata, problems: [ConfigurationProblem]) {
    let options = RemoteOptions(connectionID: configuration.id, ends: configuration.ends)
    return try await withRemoteConnector(over: plugin, options, host: grants.services(logger), logger: logger) { remote in
      (remote.metadata, await remote.validate(configuration))
    }
  }

  /// Why a program that has taken another's place cannot serve a connection of that; nil when it can.
  func objection(of plugin: Plugin, to attachment: Attachment, logger: Logger) async -> ConnectorFailure? {
    let configuration = attachment.configuration
    do {
      let (metadata, problems) = try await inspect(plugin, configuration, attachment.grants, logger: logger)
      guard metadata.supportedTypes.contains(configuration.type) else {
        let known = metadata.supportedTypes.sorted().joined(separator: ", ")
        return ConnectorFailure(
          "its program was replaced by one without the type '\(configuration.type)'; it has \(known)",
          isForGood: true
        )
      }
      guard let problem = problems.first else { return nil }
      let place = (["config"] + problem.path).joined(separator: ".")
      return ConnectorFailure("its program was replaced by one that refuses \(place): \(problem.message)", isForGood: true)
    } catch {
      return ConnectorFailure(error)
    }
  }

  /// Opens a connection over a process, gives it to `body`, and closes it when `body` ends.
  /// - Throws: why it cannot be opened.
  func withConnection(
    _ attachment: Attachment,
    over plugin: Plugin,
    logger: Logger,
    _ body: (RemoteConnector) async -> Void
  ) async throws(ConnectionError) {
    let configuration = attachment.configuration
    var options = RemoteOptions(connectionID: configuration.id, ends: configuration.ends)
    options.resumePosition = attachment.positions?.position ?? []
    options.incomingRule = IncomingRule(allowedReservedHeaders: attachment.reservedHeaders)
    do {
      try await withRemoteConnector(
        over: plugin,
        options,
        host: attachment.grants.services(logger),
        logger: logger,
        onPosition: { attachment.positions?.advance(to: $0) }
      ) { remote in
        try await remote.connect(configuration)
        await body(remote)
        await remote.disconnect()
      }
    } catch let error as ConnectionError {
      throw error
    } catch {
      throw ConnectionError(.connectionFailed, "\(ConnectorFailure(error))", recoverable: true)
    }
  }

  /// Why its health is not as it should be; nil when it is.
  func healthFailure(of plugin: Plugin, timeout: Duration, _ stopwatch: Stopwatch) async -> ConnectorFailure? {
    await withTaskGroup(of: ConnectorFailure?.self) { group in
      group.addTask {
        do {
          try await plugin.checkHealth()
          return nil
        } catch {
          return ConnectorFailure(error)
        }
      }
      group.addTask {
        try? await stopwatch.sleepAside(for: timeout)
        return ConnectorFailure("the process did not answer the health service within \(timeout.shortText)")
      }
      defer { group.cancelAll() }
      return await group.next() ?? nil
    }
  }
}

extension ConnectorRequest.Role {
  var ends: ConnectionEnds { self == .incoming ? .incoming : .outgoing }
}

extension ConnectorGrants {
  /// What the connector may ask of the host.
  func services(_ logger: Logger) -> HostServices {
    var services = HostServices(logger: logger)
    services.grantedSecrets = secrets
    services.secret = secret
    services.recordMetric = recordMetric
    return services
  }
}
