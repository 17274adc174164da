import FoundationEssentials
import GRPCCore
import Synchronization

/// What becomes of the host's frames.
extension ServedExchange {
  func read(_ frames: RPCAsyncSequence<HostFrame, any Error>) async throws {
    do {
      var node: (any ConnectionNode)?
      for try await frame in frames {
        let event = try state.withLock { state throws(ProtocolViolation) in try state.machine.received(frame) }
        if case .open(let open) = event {
          node = self.open(open)
        } else {
          handle(event, node)
        }
      }
      handle(change { $0.hostEnded() }, node)
    } catch let violation as ProtocolViolation {
      throw RPCError(code: .failedPrecondition, message: "the host does not keep to the contract: \(violation)")
    }
  }

  /// Answers the stream's first frame, and begins to receive where the host asks for it.
  private func open(_ open: WireOpen) -> (any ConnectionNode)? {
    guard let node = find(open.connectionID) else {
      let error = ConnectionError(.connectionFailed, "the connection is not open; call Connect first", recoverable: true)
      change { $0.opened(error, receives: false) }
      return nil
    }
    change { $0.opened(nil, receives: open.receive) }
    workWriter.yield(.begin(node))
    if open.receive {
      let inbox = Inbox(resumePosition: [UInt8](open.resumePosition)) { await self.accept($0, position: $1) }
      workWriter.yield(.receive(from: node, into: inbox))
    }
    return node
  }

  private func handle(_ event: Machine.Event, _ node: (any ConnectionNode)?) {
    switch event {
    case .nothing, .open: wake()
    case .messages(let arrivals):
      if let node { workWriter.yield(.send(arrivals, to: node)) }
    case .receipts(let receipts):
      wake()
      for (ticket, acceptance) in receipts { ticket.resume(returning: acceptance) }
    case .cancel(let sequence):
      // Under the lock, so that the task does not end while it is being cancelled.
      state.withLock { $0.sending[sequence]?.cancel() }
      wake()
    case .finish(let tickets):
      for ticket in tickets { ticket.resume(returning: .refused(Self.streamEnded)) }
      state.withLock { $0.receiving?.cancel() }
      wake()
    }
  }

  private func wake() { state.withLock { $0.parking.wake() }?.resume() }
}
