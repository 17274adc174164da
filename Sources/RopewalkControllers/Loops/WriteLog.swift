import DequeModule
import Synchronization

/// The versions that controllers have written lately, to tell their own writes from those of others.
final class WriteLog: Sendable {
  private struct State {
    var versions: Set<String> = []
    var order = Deque<String>()
  }

  /// Versions that are remembered; a write is asked for soon after it was made.
  static let capacity = 16_384

  private let state = Mutex(State())

  func note(_ version: String) {
    state.withLock { state in
      guard state.versions.insert(version).inserted else { return }
      state.order.append(version)
      if state.order.count > Self.capacity, let oldest = state.order.popFirst() { state.versions.remove(oldest) }
    }
  }

  func contains(_ version: String) -> Bool {
    state.withLock { $0.versions.contains(version) }
  }
}
