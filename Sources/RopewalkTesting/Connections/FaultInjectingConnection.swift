package import RopewalkConnector
package import RopewalkCore
import Synchronization

/// A destination, or a source, that does what a test tells it, and remembers what it was asked.
package final class FaultInjectingConnection: ConnectionNode {
  package typealias Send = @Sendable (_ message: Message, _ attempt: Int) async throws(ConnectionError) -> Void

  /// One call of `send`.
  package struct Attempt: Sendable {
    package var message: Message
    /// When it began, on the connection's clock.
    package var time: Duration
    /// When it ended.
    package var end: Duration
    package var succeeded: Bool
  }

  /// How often each of these was called.
  package struct Calls: Sendable, Equatable {
    package var connect = 0
    package var disconnect = 0

    package init(connect: Int = 0, disconnect: Int = 0) {
      self.connect = connect
      self.disconnect = disconnect
    }
  }

  private struct State {
    var attempts: [Attempt] = []
    var attemptsByMessage: [String: Int] = [:]
    var running = 0
    var mostRunning = 0
    var calls = Calls()
  }

  package let metadata = PluginMetadata(id: "faults", name: "faults", supportedTypes: ["faults"], description: "Faults, for tests")
  private let problems: [ConfigurationProblem]
  private let onConnect: @Sendable (_ call: Int) async throws(ConnectionError) -> Void
  private let onReceive: @Sendable (Inbox) async throws(ConnectionError) -> Void
  private let onSend: Send
  private let stopwatch: Stopwatch
  private let state = Mutex(State())

  package init(
    clock: any Clock<Duration> = ContinuousClock(),
    problems: [ConfigurationProblem] = [],
    onSend: @escaping Send = { (_, _) throws(ConnectionError) in },
    onConnect: @escaping @Sendable (_ call: Int) async throws(ConnectionError) -> Void = { (_) throws(ConnectionError) in },
    onReceive: @escaping @Sendable (Inbox) async throws(ConnectionError) -> Void = { (_) throws(ConnectionError) in }
  ) {
    self.problems = problems
    self.onConnect = onConnect
    self.onReceive = onReceive
    self.onSend = onSend
    self.stopwatch = Stopwatch(clock)
  }

  /// Every call of `send` that has ended, in the order of their ends.
  package var attempts: [Attempt] { state.withLock(\.attempts) }
  /// What arrived, in order.
  package var delivered: [Message] { attempts.filter(\.succeeded).map(\.message) }
  package var calls: Calls { state.withLock(\.calls) }
  /// The most calls of `send` that ran at once.
  package var mostRunning: Int { state.withLock(\.mostRunning) }

  package func validate(_ configuration: ConnectionConfiguration) async -> [ConfigurationProblem] { problems }

  package func connect(_ configuration: ConnectionConfiguration) async throws(ConnectionError) {
    let call = state.withLock { state in
      state.calls.connect += 1
      return state.calls.connect
    }
    try await onConnect(call)
  }

  package func disconnect() async {
    state.withLock { $0.calls.disconnect += 1 }
  }

  package func send(_ message: Message) async throws(ConnectionError) {
    let attempt = state.withLock { state in
      state.running += 1
      state.mostRunning = max(state.mostRunning, state.running)
      state.attemptsByMessage[message.id, default: 0] += 1
      return state.attemptsByMessage[message.id, default: 0]
    }
    let time = stopwatch.elapsed
    do throws(ConnectionError) {
      try await onSend(message, attempt)
      end(Attempt(message: message, time: time, end: stopwatch.elapsed, succeeded: true))
    } catch {
      end(Attempt(message: message, time: time, end: stopwatch.elapsed, succeeded: false))
      throw error
    }
  }

  package func receive(into inbox: Inbox) async throws(ConnectionError) {
    try await onReceive(inbox)
  }

  private func end(_ attempt: Attempt) {
    state.withLock { state in
      state.running -= 1
      state.attempts.append(attempt)
    }
  }
}
