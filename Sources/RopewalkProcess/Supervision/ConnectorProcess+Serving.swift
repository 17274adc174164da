import GoPlugin
import Logging
import RopewalkConnector
import RopewalkCore
import Synchronization

/// One start: what is done over a process that is up.
extension ConnectorProcess {
  /// Serves connections over a process that is up, until it ends, or no connection is left.
  func serve(_ plugin: Plugin) async throws {
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
