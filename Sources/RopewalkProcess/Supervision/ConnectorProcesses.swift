package import Logging
import RopewalkConnector
package import RopewalkCore
import Synchronization

/// The connector processes of a host: which there are, and which connections share one.
package final class ConnectorProcesses: Sendable {
  private struct State {
    var processes: [ProcessKey: [ConnectorProcess]] = [:]
    var isClosed = false
    /// What of the sandbox this machine allows, once that has been tried out.
    var support: SandboxSupport?
  }

  /// Where the positions of incoming connections are kept.
  let positionsFolder: String
  private let limits: ConnectorLimits
  private let stopwatch: Stopwatch
  private let logger: Logger
  private let state = Mutex(State())
  private let newcomers: AsyncStream<ConnectorProcess>
  private let newcomer: AsyncStream<ConnectorProcess>.Continuation

  /// - Parameter dataFolder: keeps the positions of incoming connections, in `connectors/positions`.
  package init(dataFolder: String, limits: ConnectorLimits = ConnectorLimits(), logger: Logger) {
    positionsFolder = dataFolder + "/connectors/positions"
    self.limits = limits
    self.stopwatch = Stopwatch()
    self.logger = logger
    (newcomers, newcomer) = AsyncStream.makeStream()
  }

  // MARK: Making connectors

  /// Starts the program once, asks what it is and what it finds wrong with the configuration, and ends it again.
  /// - Throws: `RopewalkError` that says why it cannot be used: no such program, it does not start, it is too new …
  package func connector(_ request: ConnectorRequest) async throws -> ProcessConnector {
    let (metadata, problems, fingerprint) = try await trial(request)
    return ProcessConnector(
      request,
      metadata: metadata,
      problems: problems,
      fingerprint: fingerprint,
      processes: self,
      limits: limits,
      stopwatch: stopwatch,
      logger: logger(for: request)
    )
  }

  typealias Trial = (metadata: PluginMetadata, problems: [ConfigurationProblem], fingerprint: ConnectorProgram.Fingerprint?)

  func trial(_ request: ConnectorRequest) async throws -> Trial {
    let fingerprint = request.program.fingerprint()
    try request.program.check()
    let request = request.withoutDoors
    let launcher = await launcher(for: request)
    do {
      return try await launcher.withProcess(request.program, limits: limits, logger: logger(for: request)) { plugin in
        let configuration = request.identified(request.configuration)
        let (metadata, problems) = try await launcher.inspect(plugin, configuration, request.grants, logger: self.logger(for: request))
        return (metadata, problems, fingerprint)
      }
    } catch is CancellationError {
      throw CancellationError()
    } catch {
      let failure = ConnectorFailure(error)
      throw RopewalkError(.connectorStart, "the connector '\(request.program.name)' cannot be used: \(failure)")
    }
  }

  private func launcher(for request: ConnectorRequest) async -> ConnectorLauncher {
    guard let sandbox = request.sandbox else { return ConnectorLauncher(sandbox: nil) }
    if let support = state.withLock(\.support) { return ConnectorLauncher(sandbox: sandbox, support: support) }
    let support = await SandboxSupport.probe()
    let isFirst = state.withLock { state in
      defer { state.support = support }
      return state.support == nil
    }
    if isFirst { report(support) }
    return ConnectorLauncher(sandbox: sandbox, support: support)
  }

  /// What of the sandbox this machine allows; nil until a connector was to have one.
  package var sandboxSupport: SandboxSupport? { state.withLock(\.support) }

  private func report(_ support: SandboxSupport) {
    if let obstacle = support.obstacle {
      logger.warning("Connectors run without a sandbox", metadata: ["error": "\(obstacle)"])
    }
    for shortfall in support.shortfalls where support.isAvailable {
      logger.notice("The sandbox of connectors does not hold everything", metadata: ["error": "\(shortfall)"])
    }
  }

  // MARK: Connections

  func attach(
    _ attachment: Attachment,
    for request: ConnectorRequest,
    capabilities: Set<PluginMetadata.Capability>
  ) throws(ConnectionError) -> ConnectorProcess {
    let key = ProcessKey(request, capabilities)
    let (process, isNew) = state.withLock { state -> (ConnectorProcess?, Bool) in
      if state.isClosed { return (nil, false) }
      if let process = state.processes[key, default: []].first(where: { $0.attach(attachment) }) { return (process, false) }
      let process = ConnectorProcess(
        request.program,
        // The trial that every connector begins with has found out.
        launcher: ConnectorLauncher(sandbox: request.sandbox, support: state.support),
        limits: limits,
        stopwatch: stopwatch,
        logger: logger(for: request)
      )
      _ = process.attach(attachment)
      state.processes[key, default: []].append(process)
      return (process, true)
    }
    guard let process else { throw ConnectionError(.connectionFailed, "the host is stopping", recoverable: true) }
    if isNew { newcomer.yield(process) }
    return process
  }

  func detach(_ attachment: Attachment, from process: ConnectorProcess) async {
    await process.detach(attachment)
    state.withLock { state in
      guard process.connectionCount == 0 else { return }
      process.retire()
      for key in state.processes.keys {
        state.processes[key]?.removeAll { $0 === process }
        if state.processes[key]?.isEmpty == true { state.processes[key] = nil }
      }
    }
  }

  private func logger(for request: ConnectorRequest) -> Logger {
    var logger = logger
    logger[metadataKey: "ropewalk.integration"] = "\(request.integration)"
    return logger
  }

  /// How many processes there are, or are to be.
  package var count: Int { state.withLock { $0.processes.values.reduce(0) { $0 + $1.count } } }

  /// The numbers of those that are up; of one in a sandbox, that of what keeps the sandbox.
  package var pids: [Int32] { state.withLock { $0.processes.values.flatMap { $0.compactMap(\.pid) } } }

  // MARK: Running

  /// Keeps the processes up that connections need while `body` runs. Afterwards those that are left are asked to end, and
  /// killed after their grace; when the task is cancelled, or `body` throws, they are killed at once. To be called once.
  package func run<Result: Sendable>(while body: () async throws -> Result) async throws -> Result {
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { [newcomers] in
        await withDiscardingTaskGroup { running in
          for await process in newcomers { running.addTask { await process.run() } }
        }
      }
      do {
        let result = try await body()
        close()
        return result
      } catch {
        close()
        group.cancelAll()
        throw error
      }
    }
  }

  private func close() {
    let processes = state.withLock { state in
      state.isClosed = true
      return state.processes.values.flatMap(\.self)
    }
    newcomer.finish()
    for process in processes { process.retire() }
  }
}

extension ErrorCode {
  /// The connector's process does not start, or cannot be used.
  package static let connectorStart = ErrorCode("connector.start.failed", .unavailable)
}
