import FoundationEssentials
import GRPCCore
import RopewalkCore
import Synchronization

/// The connector's side of one stream of messages, over one call.
///
/// What is read and written is decided by a ``ConnectorExchangeStateMachine``. Frames go out as soon as the write before
/// has returned: what came meanwhile shares a frame.
final class ServedExchange: Sendable {
  typealias Machine = ConnectorExchangeStateMachine<Ticket>
  typealias Ticket = CheckedContinuation<Acceptance, Never>

  private struct State: ~Copyable {
    var machine: Machine
    var parking = Parking()
    /// The calls of `send` that run, by message.
    var sending: [UInt64: RunningTask] = [:]
    /// The call of `receive`, while it runs.
    var receiving: RunningTask?
  }

  private let state: Mutex<State>
  private let find: @Sendable (String) -> (any ConnectionNode)?

  /// - Parameter find: the node of a connection, when it is connected.
  init(limits: ServeLimits, find: @escaping @Sendable (String) -> (any ConnectionNode)?) {
    state = Mutex(State(machine: Machine(limits: limits.exchange, waitingLimit: limits.waitingMessages)))
    self.find = find
  }

  /// Serves the stream until the host has finished it, or breaks it off.
  func serve(_ frames: RPCAsyncSequence<WireHostFrame, any Error>, _ writer: RPCWriter<WireConnectorFrame>) async throws {
    defer { for ticket in change({ $0.end() }) { ticket.resume(returning: .refused(Self.streamEnded)) } }
    try await withThrowingTaskGroup(of: Bool.self) { group in
      group.addTask {
        try await self.write(to: writer)
        return true
      }
      group.addTask {
        try await self.read(frames)
        return false
      }
      defer { group.cancelAll() }
      // The writer's end is the end; the reader's may come long before.
      while let isEnd = try await group.next(), !isEnd {}
    }
  }

  private static let streamEnded = Refusal(.unavailable, "the stream to the host has ended")

  // MARK: Writing

  private enum Step {
    case write(Machine.Plan)
    case park
    case end
  }

  private func write(to writer: RPCWriter<WireConnectorFrame>) async throws {
    try await withTaskCancellationHandler {
      while true {
        switch nextStep() {
        case .write(let plan):
          guard let frame = WireConnectorFrame(plan) else { return }
          try await writer.write(frame)
        case .park: await park()
        case .end: return
        }
      }
    } onCancel: {
      for ticket in change({ $0.end() }) { ticket.resume(returning: .refused(Self.streamEnded)) }
    }
  }

  private func nextStep() -> Step {
    state.withLock { state in
      if let plan = state.machine.next() { return .write(plan) }
      return state.machine.isEnded ? .end : .park
    }
  }

  private func park() async {
    await withCheckedContinuation { continuation in
      let goesOn = state.withLock { state in
        if state.machine.isEnded || state.machine.hasNext { return true }
        state.parking.park(continuation)
        return false
      }
      if goesOn { continuation.resume() }
    }
  }

  /// Changes the machine and wakes the writer.
  @discardableResult
  private func change<Value: Sendable>(_ body: (inout Machine) -> Value) -> Value {
    let (value, writer) = state.withLock { state in (body(&state.machine), state.parking.wake()) }
    writer?.resume()
    return value
  }

  // MARK: Reading

  private func read(_ frames: RPCAsyncSequence<WireHostFrame, any Error>) async throws {
    do {
      try await withThrowingDiscardingTaskGroup { group in
        var node: (any ConnectionNode)?
        for try await frame in frames {
          let event = try state.withLock { state throws(ProtocolViolation) in try state.machine.received(frame) }
          if case .open(let open) = event {
            node = self.open(open, in: &group)
          } else {
            handle(event, node, in: &group)
          }
        }
        handle(change { $0.finish() }, node, in: &group)
      }
    } catch let violation as ProtocolViolation {
      throw RPCError(code: .failedPrecondition, message: "the host does not keep to the contract: \(violation)")
    }
  }

  /// Answers the stream's first frame, and begins to receive where the host asks for it.
  private func open(_ open: WireOpen, in group: inout ThrowingDiscardingTaskGroup<any Error>) -> (any ConnectionNode)? {
    guard let node = find(open.connectionID) else {
      let error = ConnectionError(.connectionFailed, "the connection is not open; call Connect first", recoverable: true)
      change { $0.opened(error, receives: false) }
      return nil
    }
    change { $0.opened(nil, receives: open.receive) }
    if open.receive {
      let inbox = Inbox(resumePosition: [UInt8](open.resumePosition)) { await self.accept($0, position: $1) }
      group.addTask { await self.receive(from: node, into: inbox) }
    }
    return node
  }

  private func handle(_ event: Machine.Event, _ node: (any ConnectionNode)?, in group: inout ThrowingDiscardingTaskGroup<any Error>) {
    switch event {
    case .nothing, .open: wake()
    case .messages(let arrivals):
      guard let node else { return }
      for arrival in arrivals { group.addImmediateTask { await self.send(arrival, to: node) } }
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

  // MARK: The connector's code

  private func send(_ arrival: IncomingLine<WireOutgoingMessage>.Arrival, to node: any ConnectionNode) async {
    let sequence = arrival.sequence
    let task = RunningTask.current
    state.withLock { $0.sending[sequence] = task }
    let failure: ConnectionError?
    do throws(ConnectionError) {
      try await node.send(Message(wire: arrival.envelope.message, chunks: arrival.chunks))
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
  private func accept(_ message: Message, position: [UInt8]) async -> Acceptance {
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
