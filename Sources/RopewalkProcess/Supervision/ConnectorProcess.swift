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
  struct State {
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
  let launcher: ConnectorLauncher
  let limits: ConnectorLimits
  let stopwatch: Stopwatch
  let logger: Logger
  let state: Mutex<State>
  let bell = Bell()

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

extension Duration {
  /// To a millisecond, for people.
  var rounded: Duration { .milliseconds(Int64((seconds * 1000).rounded())) }
}
