import FoundationEssentials
import RopewalkCore
import Synchronization

/// Receives from a node for a host that asks by calls of `Receive`: messages wait here until they are asked for, and
/// their senders until the host's next call brings their receipts.
final class ReceiverOfCalls: Sendable {
  private typealias Ticket = CheckedContinuation<Acceptance, Never>

  private struct Waiting {
    var message: Message
    var position: [UInt8]
    var ticket: Ticket
  }

  private struct State {
    var waiting = FIFO<Waiting>()
    var handedOut: [UInt64: Ticket] = [:]
    var lastSequence: UInt64 = 0
    var end: Result<Void, ConnectionError>?
    var isStopped = false
    var isAsked = false
    /// Rung when there is something to answer a waiting call with.
    var bell: Eventually<Void>?

    var hasNext: Bool { !waiting.isEmpty || end != nil || isStopped }
  }

  private let state = Mutex(State())
  private let limit: Int
  private let stopped = Eventually<Void>()

  /// At most `limit` messages wait to be asked for.
  init(limit: Int) {
    self.limit = limit
  }

  func begin(_ node: any ConnectionNode, resumePosition: [UInt8], in scope: TaskScope) {
    let begun = scope.add { [self] in
      let inbox = Inbox(resumePosition: resumePosition) { await self.accept($0, position: $1) }
      await withTaskGroup(of: Result<Void, ConnectionError>?.self) { group in
        group.addTask {
          do throws(ConnectionError) {
            try await node.receive(into: inbox)
            return .success(())
          } catch {
            return .failure(error)
          }
        }
        group.addTask {
          _ = await self.stopped.valueUnlessCancelled()
          return nil
        }
        if let end = await group.next() ?? nil { state.withLock { $0.end = end } }
        group.cancelAll()
        ring()
      }
      refuseAll()
    }
    if !begun { refuseAll() }
  }

  /// Ends the receiving. What the host has not said it has is refused, so that the source keeps it.
  func stop() {
    stopped.set(())
    refuseAll()
  }

  private func refuseAll() {
    let tickets = state.withLock { state in
      state.isStopped = state.isStopped || stopped.now != nil
      guard state.isStopped else { return [Ticket]() }
      defer { state.handedOut = [:] }
      return Array(state.handedOut.values) + state.waiting.removeAll().map(\.ticket)
    }
    ring()
    for ticket in tickets { ticket.resume(returning: .refused(Self.isClosed)) }
  }

  private static let isClosed = Refusal(.unavailable, "the connection is closed")

  private func accept(_ message: Message, position: [UInt8]) async -> Acceptance {
    await withCheckedContinuation { ticket in
      let refusal: Refusal? = state.withLock { state in
        if state.isStopped || stopped.now != nil { return Self.isClosed }
        if state.waiting.count >= limit { return Refusal(.full, "\(limit) messages wait for the host already") }
        state.waiting.append(Waiting(message: message, position: position, ticket: ticket))
        return nil
      }
      if let refusal { ticket.resume(returning: .refused(refusal)) } else { ring() }
    }
  }

  /// Answers one call.
  func receive(_ request: WireReceiveRequest) async -> WireReceiveResponse {
    take(request.receipts)
    var response = WireReceiveResponse()
    let isFree = state.withLock { state in
      defer { state.isAsked = true }
      return !state.isAsked
    }
    guard isFree else {
      response.error = WireError(ConnectionError(.receiveFailed, "another call of Receive waits for this connection", recoverable: true))
      return response
    }
    defer { state.withLock { $0.isAsked = false } }
    response = next(request.maxMessages)
    if response.isEmpty, request.maxMessages > 0 {
      await waitForMessages(request.hasWait ? Duration(wire: request.wait) : .zero)
      response = next(request.maxMessages)
    }
    return response
  }

  private func ring() { state.withLock { $0.bell.take() }?.set(()) }

  private func waitForMessages(_ wait: Duration) async {
    let bell: Eventually<Void>? = state.withLock { state in
      guard !state.hasNext else { return nil }
      let bell = Eventually<Void>()
      state.bell = bell
      return bell
    }
    guard let bell else { return }
    await withTaskGroup(of: Void.self) { group in
      group.addTask { _ = await bell.valueUnlessCancelled() }
      group.addTask { try? await Task.sleep(for: wait) }
      await group.next()
      group.cancelAll()
    }
  }

  private func next(_ count: UInt32) -> WireReceiveResponse {
    state.withLock { state in
      var response = WireReceiveResponse()
      while response.messages.count < Int(count), let waiting = state.waiting.popFirst() {
        state.lastSequence += 1
        state.handedOut[state.lastSequence] = waiting.ticket
        var message = WireIncomingMessage()
        message.sequence = state.lastSequence
        message.message = WireMessage(waiting.message)
        message.position = Data(waiting.position)
        response.messages.append(message)
      }
      guard state.waiting.isEmpty else { return response }
      switch state.end {
      case .success: response.ended = true
      case .failure(let error): if response.messages.isEmpty, state.handedOut.isEmpty { response.error = WireError(error) }
      case nil: break
      }
      return response
    }
  }

  private func take(_ receipts: [WireReceipt]) {
    let answers = state.withLock { state in
      receipts.compactMap { receipt in state.handedOut.removeValue(forKey: receipt.sequence).map { ($0, Acceptance(wire: receipt)) } }
    }
    for (ticket, acceptance) in answers { ticket.resume(returning: acceptance) }
  }
}

extension WireReceiveResponse {
  fileprivate var isEmpty: Bool { messages.isEmpty && !ended && !hasError }
}
