import GRPCCore
import GoPlugin
import RopewalkCore
import Synchronization

/// The host's side of one stream of messages, over one call.
///
/// What `run` reads and writes is decided by a ``HostExchangeStateMachine``. Messages go out as soon as the write before
/// has returned: those that came meanwhile share a frame, and none waits for others.
final class HostExchange: Sendable {
  typealias Machine = HostExchangeStateMachine<Ticket>
  typealias Ticket = CheckedContinuation<ConnectionError?, Never>

  /// Where received messages go.
  struct Receiver: Sendable {
    var inbox: Inbox
    var rule: IncomingRule
    var limits: RemoteLimits
    var position: LatestPosition

    /// Hands a message to the inbox as far as the rule lets it, and returns what the connector is to be told.
    func accept(_ message: Message, position: [UInt8]) async -> Acceptance {
      do throws(Refusal) {
        let admitted = try rule.admit(message, limits: limits)
        return await inbox.accept(admitted, position: position)
      } catch {
        return .refused(error)
      }
    }
  }

  struct State: ~Copyable {
    var machine: Machine
    var parking = Parking()
    var writing = Writing.notBegun
  }

  /// Where the call's writer is. A call that fails at once never begins it.
  enum Writing { case notBegun, begun, forbidden }

  /// Nil once the connector has opened the stream, otherwise why it did not.
  let opened = Eventually<ConnectionError?>()
  /// Why the stream ended; nil when it was finished in good order.
  let finished = Eventually<ConnectionError?>()

  /// Why the stream ended in disorder, once it had been open.
  var failureAfterOpening: ConnectionError? {
    guard case .some(nil) = opened.now, case .some(let failure?) = finished.now else { return nil }
    return failure
  }

  let state: Mutex<State>
  private let lastID = Atomic<OutgoingLine<Ticket>.ID>(0)
  let receiver: Receiver?
  let sourceFailure = Eventually<ConnectionError?>()
  private let writerEnded = Eventually<Void>()
  private let aborted: AsyncStream<Void>
  private let abortion: AsyncStream<Void>.Continuation

  init(_ opening: Machine.Opening, receiver: Receiver? = nil) {
    state = Mutex(State(machine: Machine(opening)))
    self.receiver = receiver
    (aborted, abortion) = AsyncStream.makeStream(bufferingPolicy: .bufferingOldest(1))
  }

  /// Sends one message, and returns when the connector has told its outcome. Cancelling gives up at once.
  func send(_ message: Message) async throws(ConnectionError) {
    let id = lastID.add(1, ordering: .relaxed).newValue
    let error = await withTaskCancellationHandler {
      await withCheckedContinuation { (ticket: Ticket) in
        let (refusal, writer) = state.withLock { state -> (ConnectionError?, CheckedContinuation<Void, Never>?) in
          if Task.isCancelled { return (Self.givenUp, nil) }
          if let refusal = state.machine.send(message, id: id, ticket: ticket) { return (refusal, nil) }
          return (nil, state.parking.wake())
        }
        if let refusal { ticket.resume(returning: refusal) }
        writer?.resume()
      }
    } onCancel: {
      change { $0.cancel(id) }?.resume(returning: Self.givenUp)
    }
    if let error { throw error }
  }

  static let givenUp = ConnectionError(
    .cancelled,
    "the message was given up; whether the destination has it is not known",
    recoverable: true
  )

  /// As many messages wait to be sent as may.
  var isFull: Bool { state.withLock { $0.machine.isFull } }

  /// Asks the connector to end the stream when it is done with what is under way.
  func finish() { change { $0.finish() } }

  /// Ends the call now.
  func abort() { abortion.finish() }

  /// Makes the call, until it ends in whichever way.
  func run(over client: GRPCClient<PluginTransport>) async {
    var failure = await call(over: client)
    if failure == nil, let error = sourceFailure.now { failure = error }
    let unfinished = opened.now == nil || !state.withLock { $0.machine.isFinishSent }
    if failure == nil, unfinished {
      failure = ConnectionError(.connectionFailed, "the connector ended its stream before it was asked to", recoverable: true)
    }
    let error = failure ?? .connectionHasEnded
    end(error)
    opened.set(error)
    finished.set(failure)
  }

  private func call(over client: GRPCClient<PluginTransport>) async -> ConnectionError? {
    await withTaskGroup(of: ConnectionError?.self) { group in
      group.addTask {
        do {
          try await self.exchange(over: client)
          return nil
        } catch {
          return ConnectionError(anyError: error, during: .connectionFailed)
        }
      }
      group.addTask {
        for await _ in self.aborted {}
        return ConnectionError(.cancelled, "the stream to the connector was given up", recoverable: true)
      }
      defer { group.cancelAll() }
      return await group.next() ?? nil
    }
  }

  private func exchange(over client: GRPCClient<PluginTransport>) async throws {
    try await client.bidirectionalStreaming(
      request: StreamingClientRequest { writer in
        guard self.beginWriting() else { return }
        defer { self.writerEnded.set(()) }
        try await self.write(to: writer)
      },
      descriptor: ConnectorMethods.exchange,
      serializer: HostFrameSerializer<Ticket>(),
      deserializer: ConnectorFrameDeserializer(),
      options: .defaults
    ) { response in
      let outcome: Result<Void, any Error>
      do {
        try await self.read(response)
        outcome = .success(())
      } catch {
        outcome = .failure(error)
      }
      // The transport does not bear a write after this closure has returned, so the writer ends first.
      self.end(Self.streamEnded(outcome))
      if self.forbidWriting() { await self.writerEnded.value() }
      try outcome.get()
    }
  }

  private static func streamEnded(_ outcome: Result<Void, any Error>) -> ConnectionError {
    switch outcome {
    case .failure(let error): ConnectionError(anyError: error, during: .sendFailed)
    case .success: .connectionHasEnded
    }
  }

  /// Changes the machine and wakes the writer.
  @discardableResult
  func change<Value: Sendable>(_ body: (inout Machine) -> Value) -> Value {
    let (value, writer) = state.withLock { state in (body(&state.machine), state.parking.wake()) }
    writer?.resume()
    return value
  }

  /// The stream is over: who waits for an outcome will not get it.
  func end(_ error: ConnectionError) {
    let leftover = change { $0.end() }
    for ticket in leftover.notSent { ticket.resume(returning: .connectionHasEnded) }
    var error = error
    error.recoverable = true
    error.attempt = .interrupted
    for ticket in leftover.underWay { ticket.resume(returning: error) }
  }
}
