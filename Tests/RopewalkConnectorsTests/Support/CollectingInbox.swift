import RopewalkConnector
import RopewalkCore
import Synchronization

/// An inbox that keeps what it gets and answers as it is told.
final class CollectingInbox: Sendable {
  private struct State {
    var messages: [Message] = []
    var seen: Set<String> = []
    var waiters: [(count: Int, continuation: CheckedContinuation<Void, Never>)] = []
  }

  private let state = Mutex(State())
  private let rule: @Sendable (Message, Int) async -> Acceptance?

  /// - Parameter rule: what becomes of a message, by how many came before it; nil for accepted, or duplicate where the id is known.
  init(_ rule: @escaping @Sendable (Message, Int) async -> Acceptance? = { _, _ in nil }) {
    self.rule = rule
  }

  private let attempts = Mutex(0)

  var inbox: Inbox {
    Inbox { message in
      let attempt = self.attempts.withLock { attempts in
        defer { attempts += 1 }
        return attempts
      }
      if let acceptance = await self.rule(message, attempt), acceptance != .accepted { return acceptance }
      return self.keep(message)
    }
  }

  /// What was accepted.
  var messages: [Message] { state.withLock { $0.messages } }
  var payloads: [String] { messages.map { String(decoding: $0.payload, as: UTF8.self) } }

  /// Returns once so many messages were accepted.
  func waitForMessages(_ count: Int) async {
    await withCheckedContinuation { continuation in
      let isThere = state.withLock { state in
        if state.messages.count >= count { return true }
        state.waiters.append((count, continuation))
        return false
      }
      if isThere { continuation.resume() }
    }
  }

  private func keep(_ message: Message) -> Acceptance {
    let (isNew, ready) = state.withLock { state in
      guard state.seen.insert(message.id).inserted else { return (false, [CheckedContinuation<Void, Never>]()) }
      state.messages.append(message)
      let count = state.messages.count
      let ready = state.waiters.filter { $0.count <= count }.map(\.continuation)
      state.waiters.removeAll { $0.count <= count }
      return (true, ready)
    }
    for continuation in ready { continuation.resume() }
    return isNew ? .accepted : .duplicate
  }
}
