import EventLoopTasks
import NIOCore
import RopewalkConnector
import RopewalkCore
import Synchronization

/// The messages of one connection for one endpoint, one after another, on the connection's event loop.
final class WebhookLane: Sendable {
  private struct State {
    var next: Message?
    var waiter: CheckedContinuation<Message?, Never>?
    var isFinished = false
  }

  let executor: EventLoopTaskExecutor
  private let answer: @Sendable (String, Acceptance) -> Void
  private let state = Mutex(State())

  /// - Parameter answer: hears what became of each message, by its id.
  init(eventLoop: any EventLoop, answer: @escaping @Sendable (String, Acceptance) -> Void) {
    executor = EventLoopTaskExecutor(eventLoop)
    self.answer = answer
  }

  /// Hands messages to the inbox until the connection ends or the task is cancelled.
  func run(into inbox: Inbox) async {
    await withTaskCancellationHandler {
      while let message = await next() {
        let id = message.id
        answer(id, await inbox.accept(message))
      }
    } onCancel: {
      finish()
    }
  }

  /// Puts in the message that is next; the one before it has been answered. False when nobody takes messages here any more.
  func offer(_ message: Message) -> Bool {
    let (isTaken, waiter): (Bool, CheckedContinuation<Message?, Never>?) = state.withLock { state in
      guard !state.isFinished else { return (false, nil) }
      guard let waiter = state.waiter else {
        state.next = message
        return (true, nil)
      }
      state.waiter = nil
      return (true, waiter)
    }
    waiter?.resume(returning: message)
    return isTaken
  }

  /// No message follows; the one that was put in is still taken.
  func finish() {
    let waiter = state.withLock { state in
      state.isFinished = true
      defer { state.waiter = nil }
      return state.waiter
    }
    waiter?.resume(returning: nil)
  }

  private func next() async -> Message? {
    await withCheckedContinuation { continuation in
      let (isReady, message): (Bool, Message?) = state.withLock { state in
        if let next = state.next {
          state.next = nil
          return (true, next)
        }
        if !state.isFinished { state.waiter = continuation }
        return (state.isFinished, nil)
      }
      if isReady { continuation.resume(returning: message) }
    }
  }
}
