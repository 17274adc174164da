import CNATS
import RopewalkCore
import Synchronization

/// Requests that wait for their answers, all on one subscription.
final class RequestDesk: Sendable {
  /// Returns whether it was the last answer.
  typealias Answer = @Sendable (borrowing NATSMessage) -> Bool
  typealias Failure = @Sendable (RopewalkError) -> Void

  private struct Waiting: Sendable {
    let subject: String
    let deadline: ContinuousClock.Instant
    let answer: Answer
    let fail: Failure
  }

  private struct State {
    var lastID: UInt64 = 0
    var waiting: [UInt64: Waiting] = [:]
    var isClosed = false
  }

  private final class Desk: Sendable {
    let state = Mutex(State())
  }

  private let desk = Desk()
  private let prefix: String
  private let subscription: NATSSubscription
  private let events: NATSConnectionEvents
  private let listener: Int
  private nonisolated(unsafe) let connection: OpaquePointer

  init(_ connection: OpaquePointer, events: NATSConnectionEvents, limits: NATSOptions.Limits) throws(RopewalkError) {
    let prefix = NATSConnection.makeInbox() + "."
    let (desk, length) = (desk, prefix.utf8.count)
    self.prefix = prefix
    self.events = events
    self.connection = connection
    subscription = try NATSSubscription(connection, subject: prefix + "*") { message in
      guard let id = UInt64(message.subject.utf8.dropFirst(length).asText, radix: 36) else { return }
      guard let waiting = desk.state.withLock({ $0.waiting[id] }), waiting.answer(message) else { return }
      desk.state.withLock { $0.waiting[id] = nil }
    }
    listener = events.add { event in
      switch event {
      case .tick: Self.fail(desk, where: { $0.deadline < .now }) { Self.timeout($0.subject) }
      // Nobody answers any more what was asked on that connection. What is asked from now on is sent on the next one.
      case .disconnected: Self.fail(desk, where: { _ in true }) { Self.lost($0.subject) }
      case .reconnected: break
      case .closed: Self.close(desk)
      }
    }
  }

  deinit {
    events.remove(listener)
  }

  func close() {
    Self.close(desk)
    subscription.cancel()
  }

  /// Requests without an answer yet.
  var unanswered: Int { desk.state.withLock(\.waiting.count) }

  func request<Answer: Sendable>(
    _ message: NATSOutgoing,
    timeout: Duration,
    _ read: @escaping @Sendable (borrowing NATSMessage) throws -> Answer
  ) async throws -> Answer {
    try await withCheckedThrowingContinuation { continuation in
      let end = OnlyOnce(continuation)
      send(message, timeout: timeout) { answer in
        do {
          end.resume(returning: try read(answer))
        } catch {
          end.resume(throwing: error)
        }
        return true
      } fail: {
        end.resume(throwing: $0)
      }
    }
  }

  /// One of many answers.
  enum Part<Content: Sendable>: Sendable {
    case content(Content)
    case end
  }

  /// Sends a request that is answered by many messages, and returns what `read` makes of them until it says that it is over.
  func collect<Content: Sendable>(
    _ message: NATSOutgoing,
    timeout: Duration,
    _ read: @escaping @Sendable (borrowing NATSMessage) throws -> Part<Content>
  ) async throws -> [Content] {
    try await withCheckedThrowingContinuation { continuation in
      let end = OnlyOnce(continuation)
      let collector = Collector<Content>()
      send(message, timeout: timeout) { answer in
        do {
          switch try read(answer) {
          case .content(let content):
            collector.parts.withLock { $0.append(content) }
            return false
          case .end: end.resume(returning: collector.parts.withLock { $0 })
          }
        } catch {
          end.resume(throwing: error)
        }
        return true
      } fail: {
        end.resume(throwing: $0)
      }
    }
  }

  /// Calls `answer` until it returns true, or `fail` once.
  /// - Parameter inbox: where the answers go instead. Then `fail` is called in any case, also after them, unless it is forgotten before.
  /// - Returns: what ``forget(_:)`` knows it by; nil when it has failed already.
  @discardableResult
  func send(
    _ message: NATSOutgoing,
    answeredAt inbox: String? = nil,
    timeout: Duration,
    answer: @escaping Answer,
    fail: @escaping Failure
  ) -> UInt64? {
    let waiting = Waiting(subject: message.subject, deadline: .now + timeout, answer: answer, fail: fail)
    let id = desk.state.withLock { state -> UInt64? in
      guard !state.isClosed else { return nil }
      state.lastID += 1
      state.waiting[state.lastID] = waiting
      return state.lastID
    }
    guard let id else {
      fail(Self.closed)
      return nil
    }
    let status = NATSConnection.publish(message, reply: inbox ?? prefix + String(id, radix: 36), connection)
    guard status != NATS_OK, desk.state.withLock({ $0.waiting.removeValue(forKey: id) }) != nil else { return id }
    do throws(RopewalkError) { try status.check("cannot ask \(message.subject)") } catch { fail(error) }
    return nil
  }

  /// Nobody waits for the answers of a request any more.
  func forget(_ id: UInt64) {
    desk.state.withLock { $0.waiting[id] = nil }
  }

  private static func close(_ desk: Desk) {
    desk.state.withLock { $0.isClosed = true }
    fail(desk, where: { _ in true }) { _ in closed }
  }

  private static func fail(_ desk: Desk, where isOver: (Waiting) -> Bool, _ error: (Waiting) -> RopewalkError) {
    let over = desk.state.withLock { state -> [Waiting] in
      let ids = state.waiting.filter { isOver($0.value) }.map(\.key)
      return ids.compactMap { state.waiting.removeValue(forKey: $0) }
    }
    for waiting in over { waiting.fail(error(waiting)) }
  }

  private static let closed = RopewalkError(.natsClosed, "the connection to NATS is closed")

  private static func lost(_ subject: String) -> RopewalkError {
    RopewalkError(.natsDisconnected, "the connection to NATS was lost before it answered \(subject); it is being reconnected")
  }

  private static func timeout(_ subject: String) -> RopewalkError {
    RopewalkError(.natsTimeout, "NATS did not answer \(subject) in time; look at the server's log and whether it has a leader")
  }
}

/// What the answers of one request amount to so far.
private final class Collector<Content: Sendable>: Sendable {
  let parts = Mutex<[Content]>([])
}

/// A continuation that an answer and a time-out may both want to resume; the first does.
private final class OnlyOnce<Value: Sendable>: Sendable {
  private let continuation: Mutex<CheckedContinuation<Value, any Error>?>

  init(_ continuation: CheckedContinuation<Value, any Error>) {
    self.continuation = Mutex(continuation)
  }

  func resume(returning value: Value) {
    continuation.withLock { $0.take() }?.resume(returning: value)
  }

  func resume(throwing error: any Error) {
    continuation.withLock { $0.take() }?.resume(throwing: error)
  }
}

extension Sequence<UInt8> {
  var asText: String { String(decoding: Array(self), as: UTF8.self) }
}
