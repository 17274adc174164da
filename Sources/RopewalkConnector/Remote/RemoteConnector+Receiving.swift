import RopewalkCore
import Synchronization

extension RemoteConnector {
  package func receive(into inbox: Inbox) async throws(ConnectionError) {
    let (configuration, wasReceiving) = state.withLock { state in
      defer { state.isReceiving = true }
      return (state.configuration, state.isReceiving)
    }
    guard configuration != nil else {
      if !wasReceiving { state.withLock { $0.isReceiving = false } }
      throw ConnectionError(.connectionFailed, "the connection '\(connectionID)' is not open", recoverable: true)
    }
    guard !wasReceiving else { throw ConnectionError(.receiveFailed, "the connection '\(connectionID)' receives already") }
    defer { state.withLock { $0.isReceiving = false } }
    if usesStream {
      do throws(ConnectionError) {
        return try await receiveByStream(into: inbox)
      } catch  where error.code == .unsupported {
        state.withLock { $0.hasNoStream = true }
      }
    }
    try await receiveByCalls(into: inbox)
  }

  private var receiver: (Inbox) -> HostExchange.Receiver {
    { [rule, limits, position] in HostExchange.Receiver(inbox: $0, rule: rule, limits: limits, position: position) }
  }

  private func receiveByStream(into inbox: Inbox) async throws(ConnectionError) {
    let resumePosition = position.latest ?? state.withLock(\.resumePosition)
    let exchange = HostExchange(opening(.incoming, resumePosition: resumePosition), receiver: receiver(inbox))
    if let error = await open(exchange) {
      if Task.isCancelled { return }
      throw error
    }
    let error = await withTaskCancellationHandler {
      await exchange.finished.value()
    } onCancel: {
      exchange.finish()
      abort(exchange, after: limits.finishGrace)
    }
    if let error, !Task.isCancelled { throw error }
  }

  private func receiveByCalls(into inbox: Inbox) async throws(ConnectionError) {
    let calls = ReceivingCalls(connectionID: connectionID, client: client, receiver: receiver(inbox))
    try await calls.run(resumePosition: position.latest ?? state.withLock(\.resumePosition))
  }
}
