import Logging
package import RopewalkConnector
package import RopewalkCore
import Synchronization

/// A connector in a process of its own, as the pipeline sees it. It outlives the process behind it.
///
/// While the process is away `send` waits a little, and then says that nothing was attempted; what was in its hands when it
/// went away is said to be interrupted. `receive` goes on with the next process, from the last position that was kept.
package final class ProcessConnector: ConnectionNode {
  package let metadata: PluginMetadata
  private let request: ConnectorRequest
  /// What the connector said of the request's configuration when it was asked first.
  private let problems: [ConfigurationProblem]
  /// Of the program that said so.
  private let fingerprint: ConnectorProgram.Fingerprint?
  private let processes: ConnectorProcesses
  private let limits: ConnectorLimits
  private let stopwatch: Stopwatch
  private let logger: Logger
  private let connection = Mutex<(process: ConnectorProcess, attachment: Attachment)?>(nil)

  init(
    _ request: ConnectorRequest,
    metadata: PluginMetadata,
    problems: [ConfigurationProblem],
    fingerprint: ConnectorProgram.Fingerprint?,
    processes: ConnectorProcesses,
    limits: ConnectorLimits,
    stopwatch: Stopwatch,
    logger: Logger
  ) {
    self.request = request
    self.metadata = metadata
    self.problems = problems
    self.fingerprint = fingerprint
    self.processes = processes
    self.limits = limits
    self.stopwatch = stopwatch
    self.logger = logger
  }

  package func validate(_ configuration: ConnectionConfiguration) async -> [ConfigurationProblem] {
    let asked = request.configuration
    if configuration.settings == asked.settings, configuration.credentials == asked.credentials { return problems }
    if let remote = connection.withLock({ $0?.attachment.slot.openRemote }) { return await remote.validate(configuration) }
    var request = request
    request.configuration = configuration
    do {
      return try await processes.trial(request).problems
    } catch {
      return [ConfigurationProblem(path: [], ConnectorFailure(error).message)]
    }
  }

  /// Returns once the process has the connection open. Starts the process where none is there that can be shared.
  package func connect(_ configuration: ConnectionConfiguration) async throws(ConnectionError) {
    let attachment = try take(configuration)
    do throws(ConnectionError) {
      while true {
        let (presence, generation) = attachment.slot.current
        switch presence {
        case .open: return
        case .coming: await attachment.slot.changed(since: generation)
        case .refused(let error): throw error
        case .broken(let reason): throw ConnectionError(.connectionFailed, reason, recoverable: true)
        case .closed: throw ConnectionError(.connectionFailed, "the connection was closed", recoverable: true)
        }
        if Task.isCancelled { throw ConnectionError(.cancelled, "given up while the connector's process was started", recoverable: true) }
      }
    } catch {
      await disconnect()
      throw error
    }
  }

  private func take(_ configuration: ConnectionConfiguration) throws(ConnectionError) -> Attachment {
    if let attachment = connection.withLock({ $0?.attachment }) { return attachment }
    let attachment = Attachment(
      configuration: request.identified(configuration),
      grants: request.grants,
      reservedHeaders: request.reservedHeaders,
      judge: fingerprint,
      positions: request.role == .incoming ? try makeKeeper() : nil
    )
    let process = try processes.attach(attachment, for: request, capabilities: metadata.capabilities)
    connection.withLock { $0 = (process, attachment) }
    return attachment
  }

  private func makeKeeper() throws(ConnectionError) -> PositionKeeper {
    do throws(RopewalkError) {
      let file = PositionFile(
        folder: processes.positionsFolder,
        integration: request.integration,
        connection: request.configuration.name,
        limit: limits.positionLength
      )
      return try PositionKeeper(file, interval: limits.positionInterval, stopwatch: stopwatch, logger: logger)
    } catch {
      throw ConnectionError(.connectionFailed, error.message, recoverable: true)
    }
  }

  package func disconnect() async {
    let taken = connection.withLock { connection in
      defer { connection = nil }
      return connection
    }
    guard let taken else { return }
    await processes.detach(taken.attachment, from: taken.process)
    taken.attachment.positions?.write()
  }

  // MARK: Outgoing

  package func send(_ message: Message) async throws(ConnectionError) {
    guard let attachment = connection.withLock({ $0?.attachment }) else { throw Self.notConnected }
    let (remote, generation) = try await present(attachment)
    do throws(ConnectionError) {
      try await remote.send(message)
      attachment.wasUsed()
    } catch {
      if error.attempt == .made, attachment.slot.current.generation == generation {
        attachment.wasUsed()
        throw error
      }
      attachment.reopen(generation: generation)
      throw interrupted(error)
    }
  }

  /// The connector, once it is there.
  /// - Throws: after ``ConnectorLimits/sendPatience``, or at once when it will not be there soon: nothing was attempted.
  private func present(_ attachment: Attachment) async throws(ConnectionError) -> (any ConnectionNode, generation: Int) {
    let deadline = stopwatch.elapsed + limits.sendPatience
    while true {
      let (presence, generation) = attachment.slot.current
      switch presence {
      case .open(let remote): return (remote, generation)
      case .coming:
        if await attachment.slot.changed(since: generation, until: deadline, stopwatch) { continue }
        throw notNow("the connector '\(metadata.name)' is being started", retryAfter: .zero)
      case .refused(let error):
        throw notNow("the connector '\(metadata.name)' cannot open its connection: \(error.message)", retryAfter: limits.refusedRetry)
      case .broken(let reason):
        throw notNow("the connector '\(metadata.name)' is degraded: \(reason)", retryAfter: limits.brokenRetry)
      case .closed: throw Self.notConnected
      }
    }
  }

  private func notNow(_ text: String, retryAfter: Duration) -> ConnectionError {
    var error = ConnectionError(.connectionFailed, text, recoverable: true, retryAfter: retryAfter)
    error.attempt = .notMade
    return error
  }

  private func interrupted(_ error: ConnectionError) -> ConnectionError {
    var error = error
    error.recoverable = true
    error.attempt = .interrupted
    error.retryAfter = .zero
    return error
  }

  private static let notConnected = ConnectionError(.connectionFailed, "the connection is not open", recoverable: true)

  // MARK: Incoming

  package func receive(into inbox: Inbox) async throws(ConnectionError) {
    guard let attachment = connection.withLock({ $0?.attachment }) else { throw Self.notConnected }
    guard let keeper = attachment.positions else {
      throw ConnectionError(.unsupported, "the connection '\(request.configuration.name)' is not an incoming one")
    }
    let result = await withTaskGroup(of: Void.self) { group in
      group.addTask { await keeper.run() }
      let result = await receive(into: inbox, attachment)
      group.cancelAll()
      return result
    }
    try result.get()
  }

  private func receive(into inbox: Inbox, _ attachment: Attachment) async -> Result<Void, ConnectionError> {
    while true {
      let (presence, generation) = attachment.slot.current
      switch presence {
      case .coming: await attachment.slot.changed(since: generation)
      case .refused(let error): return .failure(error)
      case .broken(let reason):
        return .failure(ConnectionError(.connectionFailed, "the connector is degraded: \(reason)", recoverable: true))
      case .closed: return .failure(Self.notConnected)
      case .open(let remote):
        do throws(ConnectionError) {
          try await remote.receive(into: Self.noting(inbox, attachment))
          return .success(())
        } catch {
          let isLost = error.attempt != .made || attachment.slot.current.generation != generation
          guard isLost, !Task.isCancelled else { return .failure(error) }
          attachment.reopen(generation: generation)
        }
      }
      if Task.isCancelled { return .failure(ConnectionError(.cancelled, "the receiving was ended", recoverable: true)) }
    }
  }

  /// The inbox, which notes that the process is of use. Where to go on is the remote's to say, from what was kept.
  private static func noting(_ inbox: Inbox, _ attachment: Attachment) -> Inbox {
    Inbox { message in
      let acceptance = await inbox.accept(message)
      if acceptance == .accepted || acceptance == .duplicate { attachment.wasUsed() }
      return acceptance
    }
  }

  package func health() async -> ConnectionHealth {
    guard let slot = connection.withLock({ $0?.attachment.slot }) else { return .unhealthy(reason: "not connected") }
    switch slot.current.presence {
    case .open(let remote): return await remote.health()
    case .coming: return .unhealthy(reason: "the process is being started")
    case .refused(let error): return .unhealthy(reason: error.message)
    case .broken(let reason): return .unhealthy(reason: reason)
    case .closed: return .unhealthy(reason: "not connected")
    }
  }
}

extension ConnectionSlot {
  var openRemote: (any ConnectionNode)? { if case .open(let remote) = current.presence { remote } else { nil } }
}
