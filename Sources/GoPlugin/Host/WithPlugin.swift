import Glibc
public import Logging

/// Starts a plugin, gives it to `body` once it is connected and healthy, and ends it when `body` does.
///
/// The plugin is asked to end and given ``HostLimits/stopGrace``; then it is killed, with all processes of its group.
/// It is killed at once when the task is cancelled, and by the kernel when this process dies, however it dies. What it
/// logs goes to `logger`.
///
/// Returns what `body` returns, when the process is gone. Throws what `body` throws, or a ``GoPluginError`` with the
/// plugin's output when the plugin does not start.
public func withPlugin<Result: Sendable>(
  _ configuration: PluginConfiguration,
  logger: Logger,
  _ body: (Plugin) async throws -> Result
) async throws -> Result {
  guard !configuration.protocolVersions.isEmpty else {
    throw GoPluginError(.invalidConfiguration, "a host must speak at least one protocol version")
  }
  let identity = configuration.security == .mutualTLS ? try EphemeralIdentity() : nil
  let directory = try PrivateDirectory(under: configuration.socketDirectory)
  defer { directory.remove() }
  let output = PluginOutput(limits: configuration.limits, logger: logger)
  let child = try await StartedProcess(configuration, directory: directory, identity: identity)
  return try await withReading(output, of: child, drain: configuration.limits.outputDrain) {
    do {
      let deadline = ContinuousClock.now + configuration.limits.startTimeout
      let handshake = try await PluginStart(process: child.process, output: output, deadline: deadline).handshake()
      let session = try PluginSession(
        configuration,
        handshake: handshake,
        process: child.process,
        directory: directory.path,
        identity: identity,
        logger: logger
      )
      return try await session.run(output: output, deadline: deadline, body)
    } catch {
      _ = await child.process.kill()
      throw error
    }
  }
}

private enum ReadingEnd { case output, drain }

/// Reads what the process prints while `body` runs, and after it, as long as there is something to read. `body` must
/// end the process.
private func withReading<Result: Sendable>(
  _ output: PluginOutput,
  of child: StartedProcess,
  drain: Duration,
  _ body: () async throws -> Result
) async throws -> Result {
  return try await withThrowingTaskGroup(of: ReadingEnd.self) { group in
    group.addTask {
      await output.readStandardOutput(child.standardOutput)
      return .output
    }
    group.addTask {
      await output.readStandardError(child.standardError)
      return .output
    }
    let outcome: Swift.Result<Result, any Error>
    do {
      outcome = .success(try await body())
    } catch {
      outcome = .failure(error)
    }
    group.addTask {
      try? await Task.sleep(for: drain)
      return .drain
    }
    var open = 2
    while open > 0, let ended = try await group.next() {
      open = ended == .output ? open - 1 : 0
    }
    group.cancelAll()
    do {
      return try outcome.get()
    } catch var error as StartError {
      error.cause.output = output.shown
      throw error.cause
    }
  }
}
