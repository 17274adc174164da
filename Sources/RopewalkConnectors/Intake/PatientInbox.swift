import Logging
import RopewalkConnector
import RopewalkCore

/// Hands a source's own messages to an inbox, and waits where it is full: for sources that nobody stands behind to send again.
struct PatientInbox: Sendable {
  enum Outcome: Sendable {
    /// The host has it, now or from before.
    case taken
    /// It can never be taken.
    case invalid(String)
    /// The task was cancelled before it was taken.
    case cancelled
  }

  /// The longest and the shortest wait before a refused message is offered again.
  static let longestWait = Duration.seconds(30)
  static let shortestWait = Duration.milliseconds(1)

  let inbox: Inbox
  let logger: Logger

  /// Offers the message until it is taken, can never be, or the task is cancelled.
  ///
  /// - Parameter place: where it came from, such as `orders.csv:12`, for the log when it can never be taken.
  func accept(_ message: Message, from place: @autoclosure () -> String) async -> Outcome {
    while true {
      switch await inbox.accept(message) {
      case .accepted, .duplicate: return .taken
      case .refused(let refusal) where refusal.reason.isFinal:
        logger.error(
          "message cannot be taken",
          metadata: ["ropewalk.source": "\(message.metadata.source)", "ropewalk.place": "\(place())", "reason": "\(refusal.message)"]
        )
        return .invalid(refusal.message)
      case .refused(let refusal):
        guard (try? await Task.sleep(for: min(max(refusal.retryAfter, Self.shortestWait), Self.longestWait))) != nil else {
          return .cancelled
        }
      }
    }
  }
}

extension PatientInbox {
  /// Passes over a message that is beyond the source's limit, which is logged and counted.
  /// - Parameter what: what happened to it, such as `line is longer than maxSize and was left out`.
  func leaveOut(_ what: Logger.Message, size: Int, from place: String, source: String) {
    logger.error(what, metadata: ["ropewalk.source": "\(source)", "ropewalk.place": "\(place)", "size": "\(size)"])
    inbox.leaveOut()
  }
}

/// Runs `body` for what `next` gives, at most `limit` at once, started in order; returns when all are done.
/// `next` is asked only when there is room.
func forEachElement<Element: Sendable>(
  atMost limit: Int,
  next: () async throws(ConnectionError) -> Element?,
  _ body: @escaping @Sendable (Element) async -> Void
) async throws(ConnectionError) {
  if limit == 1 {
    while !Task.isCancelled, let element = try await next() { await body(element) }
    return
  }
  let outcome = await withTaskGroup(of: Void.self) { group -> Result<Void, ConnectionError> in
    var running = 0
    do throws(ConnectionError) {
      while !Task.isCancelled, let element = try await next() {
        if running == limit {
          await group.next()
          running -= 1
        }
        group.addTask { await body(element) }
        running += 1
      }
      return .success(())
    } catch {
      return .failure(error)
    }
  }
  try outcome.get()
}
