package import RopewalkConnector
package import RopewalkCore
import Synchronization

/// An incoming connection that hands over a list of messages, one after another, and ends; or stays until it is cancelled.
package final class ListSource: ConnectionNode {
  /// What the source does with a message that the host has no room for.
  package enum Manners: Sendable { case givesUp, triesAgain }

  package let metadata = PluginMetadata(id: "list", name: "list", supportedTypes: ["list"], description: "A list of messages, for tests")
  private let messages: [Message]
  private let manners: Manners
  private let staysOpen: Bool
  private let clock: VirtualClock?
  private let results = Mutex<[Acceptance]>([])

  /// - Parameter clock: an auto-advancing clock that the source keeps still while it hands messages over.
  package init(_ messages: [Message], manners: Manners = .givesUp, staysOpen: Bool = false, clock: VirtualClock? = nil) {
    self.messages = messages
    self.manners = manners
    self.staysOpen = staysOpen
    self.clock = clock
  }

  /// What the host said to each message, in order.
  package var acceptances: [Acceptance] { results.withLock { $0 } }

  package func validate(_ configuration: ConnectionConfiguration) async -> [ConfigurationProblem] { [] }
  package func connect(_ configuration: ConnectionConfiguration) async throws(ConnectionError) {}
  package func disconnect() async {}

  package func receive(into inbox: Inbox) async throws(ConnectionError) {
    clock?.beginWork()
    await handOver(to: inbox)
    clock?.endWork()
    if staysOpen { await untilCancelled() }
  }

  private func handOver(to inbox: Inbox) async {
    for message in messages {
      var acceptance = await inbox.accept(message)
      while manners == .triesAgain, case .refused(let refusal) = acceptance, !refusal.reason.isFinal, !Task.isCancelled {
        await Task.yield()
        acceptance = await inbox.accept(message)
      }
      results.withLock { $0.append(acceptance) }
      // What comes after a message that is to come again must not overtake it.
      if manners == .triesAgain, Task.isCancelled { return }
    }
  }
}

/// Returns when the task is cancelled.
package func untilCancelled() async {
  let (stream, continuation) = AsyncStream<Never>.makeStream()
  await withTaskCancellationHandler {
    for await _ in stream {}
  } onCancel: {
    continuation.finish()
  }
}
