import RopewalkCore
import Synchronization

/// The calls of the connector's code, and what it asks of the host.
extension ServedExchange {
  func runWork() async {
    // A stream opens one connection, with its first frame.
    guard case .begin(let node) = await work.first(where: { _ in true }) else { return }
    if node.mayBlock {
      await withTaskExecutorPreference(globalConcurrentExecutor) { await callConnector() }
    } else {
      await callConnector()
    }
  }

  private func callConnector() async {
    await withDiscardingTaskGroup { group in
      for await work in work {
        switch work {
        case .begin: break
        case .send(let arrivals, let node):
          beginEach(arrivals, addImmediateTask: { task in group.addImmediateTask { await task() } }) { arrival in
            await self.send(arrival, to: node)
          }
        case .receive(let node, let inbox):
          group.addTask { await self.receive(from: node, into: inbox) }
        }
      }
      group.cancelAll()
    }
  }

  private func send(_ arrival: Arrival, to node: any ConnectionNode) async {
    let sequence = arrival.sequence
    let task = RunningTask.current
    let isAwaited = state.withLock { state in
      // The host may have given it up while others were begun.
      guard state.machine.isAwaited(sequence) else { return false }
      state.sending[sequence] = task
      return true
    }
    guard isAwaited else { return }
    let failure: ConnectionError?
    do throws(ConnectionError) {
      try await node.send(arrival.message)
      failure = nil
    } catch {
      failure = error
    }
    let writer = state.withLock { state in
      state.sending[sequence] = nil
      state.machine.sent(sequence, failure)
      return state.parking.wake()
    }
    writer?.resume()
  }

  private func receive(from node: any ConnectionNode, into inbox: Inbox) async {
    let task = RunningTask.current
    state.withLock { state in
      state.receiving = task
      // The host may have finished already.
      if state.machine.isFinishing { task.cancel() }
    }
    let failure: ConnectionError?
    do throws(ConnectionError) {
      try await node.receive(into: inbox)
      failure = nil
    } catch {
      failure = error
    }
    let writer = state.withLock { state in
      state.receiving = nil
      state.machine.sourceEnded(failure)
      return state.parking.wake()
    }
    writer?.resume()
  }

  /// Sends a received message to the host, and returns when it has its receipt. Cancelling does not end the waiting: the
  /// host may have the message, and a stream that is being finished still brings the receipt.
  func accept(_ message: Message, position: [UInt8]) async -> Acceptance {
    await withCheckedContinuation { (ticket: Ticket) in
      let (refusal, writer) = state.withLock { state -> (Refusal?, CheckedContinuation<Void, Never>?) in
        let id = state.machine.nextID()
        if let refusal = state.machine.offer(message, position: position, id: id, ticket: ticket) { return (refusal, nil) }
        return (nil, state.parking.wake())
      }
      if let refusal { ticket.resume(returning: .refused(refusal)) }
      writer?.resume()
    }
  }
}
