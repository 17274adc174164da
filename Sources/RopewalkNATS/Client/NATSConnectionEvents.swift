import Dispatch
import Synchronization

/// What happens to a connection, for those who have to send again or give up.
final class NATSConnectionEvents: Sendable {
  enum Event: Sendable { case disconnected, reconnected, closed, tick }
  typealias Listener = @Sendable (Event) -> Void

  private struct State {
    var isConnected = false
    var isClosed = false
    var connections = 0
    var lastID = 0
    var listeners: [Int: Listener] = [:]
  }

  /// How often listeners look for what is overdue.
  static let tickInterval = DispatchTimeInterval.milliseconds(100)

  private let state = Mutex(State())
  // Only ever cancelled, which is safe from any thread.
  private nonisolated(unsafe) let timer = DispatchSource.makeTimerSource()

  init() {
    timer.schedule(deadline: .now() + Self.tickInterval, repeating: Self.tickInterval)
    timer.setEventHandler { [weak self] in self?.tell(.tick) }
    timer.activate()
  }

  deinit {
    timer.cancel()
  }

  var isConnected: Bool { state.withLock(\.isConnected) }
  /// How often a server was connected.
  var connections: Int { state.withLock(\.connections) }
  var isClosed: Bool { state.withLock(\.isClosed) }

  /// Calls `listener` at each event, and some times a second, on threads of their own, until it is removed.
  func add(_ listener: @escaping Listener) -> Int {
    state.withLock { state in
      state.lastID += 1
      state.listeners[state.lastID] = listener
      return state.lastID
    }
  }

  func remove(_ id: Int) {
    state.withLock { $0.listeners[id] = nil }
  }

  func connected() {
    state.withLock { state in
      state.isConnected = !state.isClosed
      state.connections += 1
    }
  }

  func disconnected() {
    state.withLock { $0.isConnected = false }
    tell(.disconnected)
  }

  func reconnected() {
    connected()
    tell(.reconnected)
  }

  func closed() {
    state.withLock { state in
      state.isConnected = false
      state.isClosed = true
    }
    timer.cancel()
    tell(.closed)
  }

  private func tell(_ event: Event) {
    for listener in state.withLock({ Array($0.listeners.values) }) { listener(event) }
  }
}
