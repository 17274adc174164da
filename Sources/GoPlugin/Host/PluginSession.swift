import GRPCCore
import Glibc
import Logging
import NIOSSL

/// The connection to a plugin, from its handshake to its end.
struct PluginSession: Sendable {
  private let address: PluginAddress
  private let protocolVersion: Int
  private let process: PluginProcess
  private let trust: Trust
  private let directory: String
  private let enclosure: PluginEnclosure?
  private let isMultiplexed: Bool
  private let limits: HostLimits
  private let logger: Logger

  /// Throws a ``StartError`` when the handshake is not one that the configuration allows.
  init(
    _ configuration: PluginConfiguration,
    handshake: HandshakeLine,
    process: PluginProcess,
    directory: String,
    identity: EphemeralIdentity?,
    logger: Logger
  ) throws {
    guard configuration.protocolVersions.contains(handshake.protocolVersion) else {
      throw StartError(
        .unsupportedVersion,
        "the plugin speaks version \(handshake.protocolVersion) of its protocol and this host \(ProtocolVersions.offer(configuration.protocolVersions)); use a plugin or a host of the other's version"
      )
    }
    if let identity {
      guard let certificate = handshake.certificate else {
        throw StartError(
          .insecure,
          "the plugin offers no certificate, and mutual TLS is asked for; allow plaintext for it, or build it with AutoMTLS"
        )
      }
      guard let peer = try? NIOSSLCertificate(bytes: certificate, format: .der) else {
        throw StartError(.malformedHandshake, "the certificate in the plugin's handshake cannot be read")
      }
      trust = .mutual(own: identity, peer: peer)
    } else {
      trust = .plaintext
    }
    address = handshake.address
    protocolVersion = handshake.protocolVersion
    self.process = process
    self.directory = directory
    enclosure = configuration.enclosure
    isMultiplexed = configuration.brokerMultiplexing && handshake.supportsMultiplexing
    limits = configuration.limits
    self.logger = logger
  }

  /// A session with a plugin that runs already, in plaintext.
  init(_ reattachment: Reattachment, process: PluginProcess, directory: String, limits: HostLimits, logger: Logger) {
    address = reattachment.address
    protocolVersion = reattachment.protocolVersion
    trust = .plaintext
    self.process = process
    self.directory = directory
    enclosure = nil
    isMultiplexed = false
    self.limits = limits
    self.logger = logger
  }

  /// Connects, runs `body` and ends the plugin. The process is gone when this returns, and may run still when it throws.
  func run<Result: Sendable>(
    output: PluginOutput,
    deadline: ContinuousClock.Instant,
    _ body: (Plugin) async throws -> Result
  ) async throws -> Result {
    try await withConnection(output: output, deadline: deadline) { plugin in
      let outcome: Swift.Result<Result, any Error>
      do {
        outcome = .success(try await body(plugin))
      } catch {
        outcome = .failure(error)
      }
      await end(plugin)
      return try outcome.get()
    }
  }

  /// Connects and runs `body`, and lets the plugin live.
  func withConnection<Result: Sendable>(
    output: PluginOutput,
    deadline: ContinuousClock.Instant,
    _ body: (Plugin) async throws -> Result
  ) async throws -> Result {
    let transport: PluginTransport
    let executor: any TaskExecutor
    let failure = ConnectionFailure()
    let multiplexer = isMultiplexed ? Multiplexer(role: .client, limits: limits) : nil
    defer { multiplexer?.close() }
    do {
      var route = PluginRoute.socket(address, through: enclosure)
      if let multiplexer {
        try await multiplexer.connect(to: address, through: enclosure, failure: failure)
        route = .stream(of: multiplexer)
      }
      (transport, executor) = try await route.connect(trust: trust, messageLength: limits.messageLength, failure: failure)
    } catch let error as GoPluginError where error.code == .brokerClosed {
      throw StartError(.connectionFailed, "the plugin's connection ends before its first call: \(failure.text ?? "\(error)")")
    } catch let error as GoPluginError {
      throw StartError(cause: error)
    }
    let client = GRPCClient(transport: transport)
    let plugin = Plugin(
      client: client,
      executor: executor,
      protocolVersion: protocolVersion,
      broker: PluginBroker(
        directory: directory,
        trust: trust,
        enclosure: enclosure,
        multiplexer: multiplexer,
        limits: limits,
        logger: logger
      ),
      reattachment: reattachment,
      process: process
    )
    return try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask(executorPreference: executor) { try await client.runConnections() }
      defer { group.cancelAll() }
      try await confirmHealth(of: plugin, deadline: deadline, failure: failure)
      group.addTask { await plugin.broker.run(over: client) }
      group.addTask { await output.readStream(of: client) }
      return try await body(plugin)
    }
  }

  private var reattachment: Reattachment? {
    // A plugin that multiplexes takes one connection in its life.
    guard case .plaintext = trust, enclosure == nil, !isMultiplexed else { return nil }
    return Reattachment(pid: process.pid, address: address, protocolVersion: protocolVersion)
  }

  private func confirmHealth(of plugin: Plugin, deadline: ContinuousClock.Instant, failure: ConnectionFailure) async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask {
        do {
          try await plugin.checkHealth()
        } catch let error as GoPluginError {
          throw StartError(cause: error)
        } catch let error as RPCError where error.code != .cancelled {
          throw StartError(.connectionFailed, "the plugin's connection fails at its first call: \(failure.text ?? "\(error)")")
        }
      }
      group.addTask {
        try await Task.sleep(until: deadline)
        throw StartError(.startTimedOut, "the plugin did not answer the health service in time")
      }
      defer { group.cancelAll() }
      try await group.next()
    }
  }

  private func end(_ plugin: Plugin) async {
    let ended = await withTaskGroup(of: Bool.self) { group in
      group.addTask {
        if await !plugin.requestShutdown() { process.signal(SIGTERM) }
        return (try? await process.exit()) != nil
      }
      group.addTask {
        try? await Task.sleep(for: limits.stopGrace)
        return false
      }
      defer { group.cancelAll() }
      return await group.next() ?? false
    }
    guard !ended else { return }
    if !Task.isCancelled { logger.warning("the plugin did not end in time and is killed", metadata: ["pid": "\(process.pid)"]) }
    _ = await process.kill()
  }
}
