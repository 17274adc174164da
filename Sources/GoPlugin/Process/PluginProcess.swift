import CGoPluginLauncher
import Glibc
import Synchronization

/// A running process, known by a descriptor of it and not by its number, which the kernel gives to another process once
/// this one is over. A signal therefore never reaches a stranger.
final class PluginProcess: Sendable {
  let pid: Int32

  private struct State {
    /// Closed, and nil, once the process is over.
    var descriptor: Int32?
    var status: ExitStatus?
    var waiters: [Int: CheckedContinuation<ExitStatus?, Never>] = [:]
    var nextWaiter = 0
  }

  private let state: Mutex<State>

  /// Takes over `descriptor`.
  init(pid: Int32, descriptor: Int32) {
    self.pid = pid
    state = Mutex(State(descriptor: descriptor))
  }

  /// Returns false when the process is over.
  @discardableResult
  func signal(_ signal: Int32) -> Bool {
    state.withLock { state in
      guard let descriptor = state.descriptor else { return false }
      return goplugin_pidfd_signal(descriptor, signal) == 0
    }
  }

  var status: ExitStatus? { state.withLock { $0.status } }

  /// Returns how the process ended, once it has. Throws `CancellationError` when the task is cancelled before.
  func exit() async throws -> ExitStatus {
    let id = state.withLock { state in
      state.nextWaiter += 1
      return state.nextWaiter
    }
    let status = await withTaskCancellationHandler {
      await wait(as: id)
    } onCancel: {
      state.withLock { $0.waiters.removeValue(forKey: id) }?.resume(returning: nil)
    }
    guard let status else { throw CancellationError() }
    return status
  }

  /// Ends the process at once and returns when it is gone, also in a cancelled task: a process that was sent SIGKILL
  /// ends, and only the kernel can delay it.
  func kill() async -> ExitStatus {
    signal(SIGKILL)
    return await withCheckedContinuation { (continuation: CheckedContinuation<ExitStatus?, Never>) in
      let status = state.withLock { state -> ExitStatus? in
        if let status = state.status { return status }
        state.nextWaiter += 1
        state.waiters[state.nextWaiter] = continuation
        return nil
      }
      if let status { continuation.resume(returning: status) }
    } ?? .unknown
  }

  /// Tells those who wait. Called once, by the keeper, when the process is over.
  func ended(_ status: ExitStatus) {
    let (descriptor, waiters) = state.withLock { state in
      defer {
        state.descriptor = nil
        state.waiters = [:]
      }
      state.status = status
      return (state.descriptor, state.waiters)
    }
    if let descriptor { close(descriptor) }
    for waiter in waiters.values { waiter.resume(returning: status) }
  }

  private func wait(as id: Int) async -> ExitStatus? {
    await withCheckedContinuation { continuation in
      enum Answer { case later, now(ExitStatus?) }
      let answer = state.withLock { state -> Answer in
        if let status = state.status { return .now(status) }
        // Cancelled between: the handler has run, or runs once the lock is free and finds the waiter.
        if Task.isCancelled { return .now(nil) }
        state.waiters[id] = continuation
        return .later
      }
      if case .now(let status) = answer { continuation.resume(returning: status) }
    }
  }
}
