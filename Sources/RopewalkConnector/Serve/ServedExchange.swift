import GRPCCore
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

  struct State: ~Copyable {
    var machine: Machine
    var parking = Parking()
    /// The calls of `send` that run, by message.
    var sending: [UInt64: RunningTask] = [:]
    /// The call of `receive`, while it runs.
    var receiving: RunningTask?
  }

  /// What the connector's code is called for, in the order of arrival.
  enum Work {
    /// The first.
    case begin(any ConnectionNode)
    case send([Arrival], to: any ConnectionNode)
    case receive(from: any ConnectionNode, into: Inbox)
  }

  let state: Mutex<State>
  let find: @Sendable (String) -> (any ConnectionNode)?
  let work: AsyncStream<Work>
  let workWriter: AsyncStream<Work>.Continuation

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

  static let streamEnded = Refusal(.unavailable, "the stream to the host has ended")

  /// Changes the machine and wakes the writer.
  @discardableResult
  func change<Value: Sendable>(_ body: (inout Machine) -> Value) -> Value {
    let (value, writer) = state.withLock { state in (body(&state.machine), state.parking.wake()) }
    writer?.resume()
    return value
  }
}
