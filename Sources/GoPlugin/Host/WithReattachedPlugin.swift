public import Logging

/// Connects to a plugin that somebody else started, in plaintext, and gives it to `body`. The plugin lives on.
///
/// The process is checked to be there, and is watched by a descriptor from then on: what takes its number after its end
/// is not mistaken for it. Throws `notRunning`, `connectionFailed`, `startTimedOut`, `unhealthy`, or what `body` throws.
public func withReattachedPlugin<Result: Sendable>(
  _ reattachment: Reattachment,
  socketDirectory: String = "/tmp",
  limits: HostLimits = HostLimits(),
  logger: Logger,
  _ body: (Plugin) async throws -> Result
) async throws -> Result {
  let keeper = try ProcessKeeper.shared.get()
  let process: PluginProcess
  do {
    process = try keeper.watch(pid: reattachment.pid)
  } catch {
    throw GoPluginError(.notRunning, "no process has the number \(reattachment.pid): \(error); the plugin has ended")
  }
  defer { keeper.forget(process) }
  let directory = try PrivateDirectory(under: socketDirectory)
  defer { directory.remove() }
  let output = PluginOutput(limits: limits, logger: logger)
  let session = PluginSession(reattachment, process: process, directory: directory.path, limits: limits, logger: logger)
  do {
    return try await session.withConnection(output: output, deadline: .now + limits.startTimeout, body)
  } catch let error as StartError {
    throw error.cause
  }
}
