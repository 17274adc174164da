import GoPlugin
import Logging
import RopewalkConnector
import RopewalkCore
import Synchronization

/// One connector's process over all its starts: started when a connection needs it, started again when it ends, left
/// alone when that is of no use, stopped when no connection is left.
///
/// The pure part is ``ProcessStateMachine``; ``run()`` does what that says.
final class ConnectorProcess: Sendable {
  private struct State {
    var machine: ProcessStateMachine
    var generator: SystemRandomNumberGenerator
    var attachments: [String: Attachment] = [:]
    /// Connections of ``attachments`` that the running process has been given.
    var given: Set<String> = []
    var isRetired = false
    /// The process that is up; nil while there is none.
    var pid: Int32?
    /// Why the process that is up has to be done with; nil while it works.
    var end: ConnectorFailure?
    var fingerprint: ConnectorProgram.Fingerprint?
  }

  let program: ConnectorProgram
  private let launcher: ConnectorLauncher
  private let limits: ConnectorLimits
  private let stopwatch: Stopwatch
  private let logger: Logger
  private let state: Mutex<State>
  private let bell = Bell()

  init(_ program: ConnectorProgram, launcher: ConnectorLauncher, limits: ConnectorLimits, stopwatch: Stopwatch, logger: Logger) {
    self.program = program
    self.launcher = launcher
    self.limits = limits
    self.stopwatch = stopwatch
    var logger = logger
    logger[metadataKey: "ropewalk.connector"] = "\(program.name)"
    self.logger = logger
    state = Mutex(State(machine: ProcessStateMachine(limits), generator: SystemRandomNumberGenerator()))
  }

  var phase: ProcessStateMachine.State { state.withLock(\.machine.state) }
  var launches: Int { state.withLock(\.machine.launches) }
  var pid: Int32? { state.withLock(\.pid) }
  var connectionCount: Int { state.withLock(\.attachments.count) }

  // MARK: Connections

  /// Wants a connection served. Returns false when the process serves as many as it may, or has one of that id.
  func attach(_ attachment: Attachment) -> Bool {
    let isTaken = state.withLock { state in
      let id = attachment.configuration.id
      guard !state.isRetired, state.attachments.count < limits.connectionsPerProcess, state.attachments[id] == nil else { return false }
      state.attachments[id] = attachment
      return true
    }
    if isTaken { bell.ring() }
    return isTaken
  }

  /// Closes a connection, and returns when it is closed. The process ends with its last one.
  func detach(_ attachment: Attachment) async {
    attachment.close()
    let isGiven = state.withLock { state in
      let id = attachment.configuration.id
      if !state.given.contains(id) { state.attachments[id] = nil }
      return state.given.contains(id)
    }
    bell.ring()
    while isGiven {
      let (presence, generation) = attachment.slot.current
      if case .closed = presence { return }
      await attachment.slot.changed(since: generation)
      if Task.isCancelled { return }
    }
    attachment.slot.set(.closed)
  }

  // MARK: Life

  /// Closes what is left, and lets ``run()`` return.
  func retire() {
    let (given, waiting) = state.withLock { state in
      state.isRetired = true
      let waiting = state.attachments.filter { !state.given.contains($0.key) }
      for id in waiting.keys { state.attachments[id] = nil }
      return (Array(state.attachments.values), Array(waiting.values))
    }
    for attachment in waiting { attachment.slot.set(.closed) }
    for attachment in given { attachment.close() }
    bell.ring()
  }

  /// Keeps the process up while a connection needs it, until ``retire()`` or until the task is cancelled, which kills it.
  func run() async {
    while !Task.isCancelled {
      let now = stopwatch.elapsed
      let (action, isOver) = state.withLock { state -> (ProcessStateMachine.Action, Bool) in
        guard !state.attachments.isEmpty else {
          _ = state.machine.stop()
          return (.none, state.isRetired)
        }
        switch state.machine.state {
        case .backingOff, .broken: return (state.machine.timePassed(at: now), false)
        default: return (state.machine.start(), false)
        }
      }
      if isOver { break }
      switch action {
      case .verify: await start()
      case .wait(let until): await wait(until: until)
      case .launch, .drain, .kill, .none: await bell.wait()
      }
    }
    for attachment in state.withLock({ Array($0.attachments.values) }) { attachment.slot.set(.closed) }
  }

  /// Waits for the end of a back-off; of a broken program it is looked whether it has changed.
  private func wait(until deadline: Duration) async {
    let isBroken = if case .broken = phase { true } else { false }
    let wake = isBroken ? min(deadline, stopwatch.elapsed + limits.changeCheck) : deadline
    await withTaskGroup { group in
      group.addTask { await self.bell.wait() }
      group.addTask { try? await self.stopwatch.sleep(until: wake) }
      await group.next()
      group.cancelAll()
    }
    guard isBroken else { return }
    let fingerprint = program.fingerprint()
    let hasChanged = state.withLock { state in
      guard fingerprint != nil, fingerprint != state.fingerprint else { return false }
      return state.machine.changed() == .verify
    }
    if hasChanged { logger.notice("The connector's program has changed: it is tried again") }
  }

  private func start() async {
    let fingerprint = program.fingerprint()
    state.withLock { $0.fingerprint = fingerprint }
    do {
      try program.check()
      let isWanted = state.withLock { state in
        guard state.machine.verified() == .launch else { return false }
        state.machine.launched()
        return true
      }
      guard isWanted else { return }
      for attachment in attachments { attachment.slot.set(.coming) }
      try await launcher.withProcess(program, limits: limits, logger: logger) { try await self.serve($0) }
      ended(nil)
    } catch is CancellationError {
      ended(nil)
    } catch {
      ended(error)
    }
  }

  private var attachments: [Attachment] { state.withLock { Array($0.attachments.values) } }

  /// Tells the machine, and everybody who waits.
  private func ended(_ error: (any Error)?) {
    let now = stopwatch.elapsed
    let uses = attachments.count { $0.takeUse() }
    let failure = error.map(ConnectorFailure.init)
    let (phase, left) = state.withLock { state in
      if uses > 0 { state.machine.wasUsed() }
      if failure?.isForGood == true {
        _ = state.machine.failedForGood(at: now, using: &state.generator)
      } else {
        _ = state.machine.ended(at: now, using: &state.generator)
      }
      state.given = []
      state.pid = nil
      // Those that were closed while it ended.
      for (id, attachment) in state.attachments where !attachment.isWanted {
        state.attachments[id] = nil
        attachment.slot.set(.closed)
      }
      return (state.machine.state, Array(state.attachments.values))
    }
    report(phase, failure)
    for attachment in left {
      if case .broken = phase { attachment.slot.set(.broken(reason: failure?.message ?? "")) } else { attachment.slot.set(.coming) }
    }
  }

  private func report(_ phase: ProcessStateMachine.State, _ failure: ConnectorFailure?) {
    let now = stopwatch.elapsed
    var metadata: Logger.Metadata = ["error": "\(failure?.description ?? "")"]
    switch phase {
    case .backingOff(let until):
      metadata["ropewalk.wait"] = "\((until - now).rounded.shortText)"
      logger.warning("A connector's process has ended and is started again", metadata: metadata)
    case .broken(let until):
      metadata["ropewalk.wait"] = "\((until - now).rounded.shortText)"
      logger.error("A connector is degraded; messages wait until it is tried again", metadata: metadata)
    default:
      if let failure { logger.warning("A connector's process did not end well", metadata: ["error": "\(failure)"]) }
    }
  }
}

// MARK: One start

extension ConnectorProcess {
  /// Serves connections over a process that is up, until it ends, or no connection is left.
  private func serve(_ plugin: Plugin) async throws {
    state.withLock { state in
      state.machine.handshaken()
      state.pid = plugin.pid
      state.end = nil
    }
    let metadata = try await launcher.metadata(of: plugin)
    state.withLock { $0.machine.validated() }
    logger.info(
      "A connector's process is up",
      metadata: ["ropewalk.pid": "\(plugin.pid)", "ropewalk.connector.version": "\(metadata.version)"]
    )
    await withTaskGroup(of: Void.self) { group in
      group.addTask {
        guard let status = try? await plugin.exit() else { return }
        self.noteEnd(ConnectorFailure("the process \(self.launcher.status(status))"))
      }
      group.addTask {
        guard let failure = await self.pollHealth(of: plugin) else { return }
        self.noteEnd(failure)
        await plugin.kill()
      }
      while !Task.isCancelled, state.withLock({ $0.end == nil }), let newcomers = takeNewcomers() {
        for attachment in newcomers { group.addTask { await self.serve(attachment, over: plugin) } }
        await bell.wait()
      }
      group.cancelAll()
    }
    if let failure = state.withLock(\.end) { throw failure }
  }

  /// The first reason counts.
  private func noteEnd(_ failure: ConnectorFailure) {
    state.withLock { $0.end = $0.end ?? failure }
    bell.ring()
  }

  /// The connections that the process has not been given yet; nil when none is left at all.
  private func takeNewcomers() -> [Attachment]? {
    let now = stopwatch.elapsed
    return state.withLock { state in
      guard !state.attachments.isEmpty else {
        _ = state.machine.stop()
        return nil
      }
      let newcomers = state.attachments.filter { !state.given.contains($0.key) }
      state.given.formUnion(newcomers.keys)
      if newcomers.isEmpty, state.machine.state == .validated, state.attachments.values.allSatisfy(\.slot.isSettled) {
        state.machine.connected()
        state.machine.serves(at: now)
      }
      return Array(newcomers.values)
    }
  }

  /// Keeps one connection open over one process, until it is closed or the process ends.
  private func serve(_ attachment: Attachment, over plugin: Plugin) async {
    if let objection = await objection(of: plugin, to: attachment) { return noteEnd(objection) }
    var failures = 0
    while !Task.isCancelled, attachment.isWanted {
      let reopenings = attachment.reopenings
      do throws(ConnectionError) {
        try await launcher.withConnection(attachment, over: plugin, logger: logger) { remote in
          attachment.slot.set(.open(remote))
          failures = 0
          self.bell.ring()
          await self.hold(attachment, remote, reopenings)
        }
        if attachment.isWanted, !Task.isCancelled { failures += 1 }
      } catch {
        failures += 1
        if !Task.isCancelled {
          attachment.slot.set(.refused(error))
          bell.ring()
        }
      }
      guard failures > 0, !Task.isCancelled, attachment.isWanted else { break }
      var generator = SystemRandomNumberGenerator()
      let wait = Backoff(policy: limits.restartBackoff).wait(afterFailure: failures, using: &generator)
      await withTaskGroup { group in
        group.addTask { try? await self.stopwatch.sleepAside(for: wait ?? self.limits.restartBackoff.maxBackoff) }
        group.addTask { await attachment.bell.wait() }
        await group.next()
        group.cancelAll()
      }
    }
    guard !attachment.isWanted else { return }
    state.withLock { state in
      let id = attachment.configuration.id
      state.attachments[id] = nil
      state.given.remove(id)
    }
    attachment.slot.set(.closed)
    bell.ring()
  }

  /// Asks a program anew that is not the one which found the configuration in order. Its refusal ends the process, so that
  /// it is looked whether the program has changed again.
  private func objection(of plugin: Plugin, to attachment: Attachment) async -> ConnectorFailure? {
    let fingerprint = state.withLock(\.fingerprint)
    guard attachment.judge != fingerprint else { return nil }
    let objection = await launcher.objection(of: plugin, to: attachment, logger: logger)
    if Task.isCancelled { return nil }
    if objection == nil { attachment.judge = fingerprint }
    return objection
  }

  /// Returns when the connection is to be closed, no longer works, or is to be opened anew.
  private func hold(_ attachment: Attachment, _ remote: RemoteConnector, _ reopenings: Int) async {
    await withTaskGroup { group in
      group.addTask {
        guard let error = try? await remote.failure() else { return }
        self.logger.warning("A connection of a connector broke and is opened again", metadata: ["error": "\(error)"])
        attachment.reopen()
      }
      while !Task.isCancelled, attachment.isWanted, attachment.reopenings == reopenings { await attachment.bell.wait() }
      group.cancelAll()
    }
    // Nobody is to be given it any more.
    if attachment.isWanted { attachment.slot.set(.coming) }
  }

  /// Asks the process again and again whether it works; returns when it does not, or when the task is cancelled.
  private func pollHealth(of plugin: Plugin) async -> ConnectorFailure? {
    while true {
      do { try await stopwatch.sleepAside(for: limits.healthInterval) } catch { return nil }
      let failure = await launcher.healthFailure(of: plugin, timeout: limits.healthTimeout, stopwatch)
      if Task.isCancelled { return nil }
      guard let failure else {
        state.withLock { $0.machine.healthAnswered() }
        continue
      }
      logger.warning("A connector's process does not answer as it should", metadata: ["error": "\(failure)"])
      if state.withLock({ $0.machine.healthFailed() }) == .kill { return failure }
    }
  }
}

extension ConnectionSlot {
  /// Whether the connection has been opened, or could not be.
  var isSettled: Bool { if case .coming = current.presence { false } else { true } }
}

extension Duration {
  /// To a millisecond, for people.
  var rounded: Duration { .milliseconds(Int64((seconds * 1000).rounded())) }
}
