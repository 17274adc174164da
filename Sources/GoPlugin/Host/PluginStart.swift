/// Waits for a plugin's handshake, or for what comes instead.
struct PluginStart: Sendable {
  let process: PluginProcess
  let output: PluginOutput
  let deadline: ContinuousClock.Instant

  private enum Event: Sendable {
    case handshake(HandshakeLine)
    case outputClosed
    case exited(ExitStatus)
    case timedOut
  }

  /// Throws a ``StartError``, or `CancellationError`.
  func handshake() async throws -> HandshakeLine {
    try await withThrowingTaskGroup(of: Event.self) { group in
      group.addTask {
        do {
          return try await output.handshake().map(Event.handshake) ?? .outputClosed
        } catch let error as GoPluginError {
          throw StartError(cause: error)
        }
      }
      group.addTask { .exited(try await process.exit()) }
      group.addTask {
        try await Task.sleep(until: deadline)
        return .timedOut
      }
      defer { group.cancelAll() }
      while let event = try await group.next() {
        switch event {
        case .handshake(let line): return line
        // It is about to end, or hangs: the next event tells.
        case .outputClosed: try Task.checkCancellation()
        case .exited(let status):
          throw StartError(.exitedEarly, "the plugin \(status) before its handshake; what it printed should say why")
        case .timedOut:
          throw StartError(
            .startTimedOut,
            "the plugin printed no handshake in time; look at what it waits for, or raise the start timeout"
          )
        }
      }
      throw CancellationError()
    }
  }
}

/// A failure to start that is to be shown with what the plugin printed.
struct StartError: Error {
  var cause: GoPluginError

  init(cause: GoPluginError) {
    self.cause = cause
  }

  init(_ code: GoPluginError.Code, _ message: String) {
    cause = GoPluginError(code, message)
  }
}
