import RopewalkConnector
import RopewalkCore
import Synchronization

/// One connection's place in a process that comes and goes: the connector as long as it is there, or why it is not.
final class ConnectionSlot: Sendable {
  enum Presence: Sendable {
    /// The process is being started, or opens the connection.
    case coming
    case open(any ConnectionNode)
    /// The connector could not open the connection; it is tried again.
    case refused(ConnectionError)
    /// The process is left alone for a while.
    case broken(reason: String)
    /// Nobody uses the connection.
    case closed
  }

  private struct State {
    var presence = Presence.closed
    /// Counts the changes.
    var generation = 0
    var waiters: [Int: CheckedContinuation<Void, Never>] = [:]
    var lastWaiter = 0
  }

  private let state = Mutex(State())

  var current: (presence: Presence, generation: Int) { state.withLock { ($0.presence, $0.generation) } }

  func set(_ presence: Presence) {
    let waiters = state.withLock { state in
      state.presence = presence
      state.generation += 1
      defer { state.waiters = [:] }
      return state.waiters.values
    }
    for waiter in waiters { waiter.resume() }
  }

  /// Returns when the presence is no longer that of `generation`, or when the task is cancelled.
  func changed(since generation: Int) async {
    let id = state.withLock { state in
      state.lastWaiter += 1
      return state.lastWaiter
    }
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let isOver = state.withLock { state in
          if state.generation != generation || Task.isCancelled { return true }
          state.waiters[id] = continuation
          return false
        }
        if isOver { continuation.resume() }
      }
    } onCancel: {
      let waiter = state.withLock { $0.waiters.removeValue(forKey: id) }
      waiter?.resume()
    }
  }

  /// As ``changed(since:)``, and not longer than until `deadline`. Returns whether there is time left.
  func changed(since generation: Int, until deadline: Duration, _ stopwatch: Stopwatch) async -> Bool {
    guard stopwatch.elapsed < deadline else { return false }
    await withTaskGroup { group in
      group.addTask { await self.changed(since: generation) }
      group.addTask { try? await stopwatch.sleep(until: deadline) }
      await group.next()
      group.cancelAll()
    }
    return !Task.isCancelled && stopwatch.elapsed < deadline
  }
}
