import FoundationEssentials
import GRPCCore
import RopewalkCore
import Synchronization

/// The connector's side of one stream of messages, over one call.
///
/// What is read and written is decided by a ``ConnectorExchangeStateMachine``. Frames go out as soon as the write before
/// has returned: what came meanwhile shares a frame.
///
/// Reading and writing run on the connection's thread, and the connector's own code apart from it where it may block, so
/// that it holds up neither.
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

  /// What the connector's code is called for, in the order of arrival.
  private enum Work {
    /// The first.
    case begin(any ConnectionNode)
    case send([Arrival], to: any ConnectionNode)
    case receive(from: any ConnectionNode, into: Inbox)
  }

  private let state: Mutex<State>
  private let find: @Sendable (String) -> (any ConnectionNode)?
  private let work: AsyncStream<Work>
  private let workWriter: AsyncStream<Work>.Continuation

  /// - Parameter find: the node of a connection, when it is connected.
  init(limits: ServeLimits, find: @escaping @Sendable (String) -> (any ConnectionNode)?) {
    state = Mutex(State(machine: Machine(limits: limits.exchange, waitingLimit: limits.waitingMessages)))
    self.find = find
    (work, workWriter) = AsyncStream.makeStream()
  }

  /// Serves the stream until the host has finished it, or breaks it off. The connector's code has returned by then.
  func serve(_ frames: RPCAsyncSequence<HostFrame, any Error>, _ writer: RPCWriter<Machine.Plan>) async throws {
    try await withThrowingTaskGroup(of: Bool.self) { group in
      group.addTask {
        try await self.write(to: writer)
        return true
      }
      group.addTask {
        try await self.read(frames)
        return false
      }
      group.addTask {
        await self.runWork()
        return false
      }
      defer {
        // The connector's code may wait for receipts, and cancelling does not end that.
        for ticket in change({ $0.end() }) { ticket.resume(returning: .refused(Self.streamEnded)) }
        workWriter.finish()
        group.cancelAll()
      }
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

  private func write(to writer: RPCWriter<Machine.Plan>) async throws {
    try await withTaskCancellationHandler {
      while true {
        switch nextStep() {
        case .write(let plan): try await writer.write(plan)
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

  private func read(_ frames: RPCAsyncSequence<HostFrame, any Error>) async throws {
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
      handle(change { $0.finish() }, node)
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

  // MARK: The connector's code

  private func runWork() async {
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
