import Dispatch
import RopewalkCore
import RopewalkResources
import Synchronization

/// Some connections, each used by one call at a time, on threads of their own.
final class PostgresPool: Sendable {
  private typealias Waiter = CheckedContinuation<PostgresConnection?, any Error>

  private struct State {
    /// Open connections that nobody uses.
    var idle: [PostgresConnection] = []
    /// Connections that are used, and places for those that are to be opened.
    var used = 0
    var waiting: [Waiter] = []
    var isClosed = false
  }

  private let url: String
  private let size: Int
  private let state = Mutex(State())
  private let queue = DispatchQueue(label: "ropewalk.postgres", attributes: .concurrent)

  init(url: String, size: Int) {
    self.url = url
    self.size = size
  }

  /// Runs `body`, which only reads, with a connection, when one is free. Where a connection of before turns out to be lost,
  /// as after a restart of the server, `body` runs once more with a new one.
  func run<Value: Sendable>(_ body: @escaping @Sendable (PostgresConnection) throws -> Value) async throws -> Value {
    let connection = try await take()
    let (result, left) = await withCheckedContinuation { continuation in
      queue.async { [url] in continuation.resume(returning: Self.attempt(body, connection, url)) }
    }
    give(left)
    return try result.get()
  }

  /// What became of it, and the connection that is left for the next.
  private static func attempt<Value>(
    _ body: (PostgresConnection) throws -> Value,
    _ connection: PostgresConnection?,
    _ url: String
  ) -> (Result<Value, any Error>, PostgresConnection?) {
    if let connection, connection.isUsable {
      let result = Result { try body(connection) }
      if connection.isUsable { return (result, connection) }
    }
    do {
      let fresh = try PostgresConnection(url: url)
      return (Result { try body(fresh) }, fresh.isUsable ? fresh : nil)
    } catch {
      return (.failure(error), nil)
    }
  }

  /// Nil stands for a place in which a connection is to be opened.
  private func take() async throws -> PostgresConnection? {
    try await withCheckedThrowingContinuation { (continuation: Waiter) in
      let answer: Result<PostgresConnection?, any Error>? = state.withLock { state in
        guard !state.isClosed else { return .failure(Self.closed) }
        guard state.used < size else {
          state.waiting.append(continuation)
          return nil
        }
        state.used += 1
        return .success(state.idle.popLast())
      }
      if let answer { continuation.resume(with: answer) }
    }
  }

  private func give(_ connection: PostgresConnection?) {
    let next = state.withLock { state -> Waiter? in
      if !state.waiting.isEmpty { return state.waiting.removeFirst() }
      state.used -= 1
      if let connection, !state.isClosed { state.idle.append(connection) }
      return nil
    }
    next?.resume(returning: connection)
  }

  func close() {
    let waiting = state.withLock { state in
      state.isClosed = true
      state.idle = []
      defer { state.waiting = [] }
      return state.waiting
    }
    for waiter in waiting { waiter.resume(throwing: Self.closed) }
  }

  static let closed = RopewalkError(.storeUnavailable, "the store of resources is closed")
}
