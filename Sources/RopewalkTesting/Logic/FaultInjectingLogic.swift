package import RopewalkCore
package import RopewalkPlugins
import Synchronization

/// A step that does what a test tells it, and remembers what it was asked.
package final class FaultInjectingLogic: LogicNode {
  package typealias Process = @Sendable (_ message: Message, _ attempt: Int) async throws(LogicError) -> LogicOutcome

  private struct State {
    var seen: [Message] = []
    var attempts: [String: Int] = [:]
    var running: Set<String> = []
    var overlaps = 0
    var wasShutDown = false
  }

  private let onProcess: Process
  private let state = Mutex(State())

  package init(_ onProcess: @escaping Process = { (_, _) throws(LogicError) in .pass }) {
    self.onProcess = onProcess
  }

  /// Every message, in the order in which it was given.
  package var seen: [Message] { state.withLock(\.seen) }
  /// How often a customer's message was given while another one of the same customer was being processed; the contract says never.
  package var overlaps: Int { state.withLock(\.overlaps) }
  package var wasShutDown: Bool { state.withLock(\.wasShutDown) }

  package func process(_ message: Message) async throws(LogicError) -> LogicOutcome {
    let customer = message.metadata.customerID
    let attempt = state.withLock { state in
      state.seen.append(message)
      if !state.running.insert(customer).inserted { state.overlaps += 1 }
      state.attempts[message.id, default: 0] += 1
      return state.attempts[message.id, default: 0]
    }
    defer { state.withLock { _ = $0.running.remove(customer) } }
    return try await onProcess(message, attempt)
  }

  package func shutdown() async {
    state.withLock { $0.wasShutDown = true }
  }
}
