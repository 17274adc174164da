import RopewalkConnector
import RopewalkCore
import Synchronization

/// The host's inbox of a check: notes what comes, and answers as it is told to.
final class CheckInbox: Sendable {
  enum Policy: Sendable {
    case accept
    /// Says once of each message that there is no room.
    case refuseOnce
    /// Never answers.
    case park
  }

  private struct State {
    var offered: [Message] = []
    var accepted: Set<[UInt8]> = []
    var refused: Set<[UInt8]> = []
    var isClosed = false
  }

  private let policy: Policy
  private let state = Mutex(State())
  private let changes: AsyncStream<Void>
  private let change: AsyncStream<Void>.Continuation

  init(_ policy: Policy) {
    self.policy = policy
    (changes, change) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
  }

  var inbox: Inbox {
    Inbox { message in await self.take(message) }
  }

  var offered: [Message] { state.withLock(\.offered) }
  var accepted: Set<[UInt8]> { state.withLock(\.accepted) }

  /// Nothing more is expected: the connector is about to be killed.
  func close() { state.withLock { $0.isClosed = true } }

  /// Whether the message has not come, and still may.
  func awaits(_ message: Message) -> Bool {
    state.withLock { state in !state.isClosed && !state.offered.contains { $0.payload == message.payload } }
  }

  private func take(_ message: Message) async -> Acceptance {
    let acceptance: Acceptance? = state.withLock { state in
      if state.offered.count < 1_000_000 { state.offered.append(message) }
      switch policy {
      case .park: return nil
      case .refuseOnce where state.refused.insert(message.payload).inserted:
        return .refused(Refusal(.full, "the check has no room just now", retryAfter: .milliseconds(50)))
      case .refuseOnce, .accept:
        state.accepted.insert(message.payload)
        return .accepted
      }
    }
    change.yield()
    if let acceptance { return acceptance }
    // Until the stream is given up.
    try? await Task.sleep(for: .seconds(3600))
    return .refused(Refusal(.unavailable, "the check does not answer"))
  }

  /// Waits until `isReady` holds. One waiter at a time. Returns false when it does not within `patience`.
  func wait(_ patience: Duration, until isReady: @escaping @Sendable (CheckInbox) -> Bool) async -> Bool {
    await withinTime(patience) {
      if isReady(self) { return true }
      for await _ in self.changes where isReady(self) { return true }
      return false
    } ?? false
  }
}

/// Runs `body` and returns what it does, or nil when it takes longer than `limit`; it is cancelled then, and awaited.
func withinTime<Result: Sendable>(_ limit: Duration, _ body: @escaping @Sendable () async -> Result) async -> Result? {
  try? await withTimeLimit(limit, body)
}
