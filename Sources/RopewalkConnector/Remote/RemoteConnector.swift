import GRPCCore
import GoPlugin
package import RopewalkCore
import Synchronization

/// One connection of a connector that runs in a process of its own. It is valid in the scope that gave it.
///
/// Messages go over a stream where the connector has the capability `streaming`, and by calls otherwise. A connector that
/// breaks the contract, or whose process ends, fails what is under way as recoverable; from then on each call fails
/// until ``connect(_:)`` opens the connection again. ``failure()`` tells whoever watches over the process.
package final class RemoteConnector: ConnectionNode {
  package let metadata: PluginMetadata
  /// What follows from the version of the contract that the connector was written for: allowed, or allowed with a warning.
  package let versionRule: ProtocolVersionRule

  private struct State {
    var configuration: ConnectionConfiguration?
    var sending: HostExchange?
    /// The connector says that it has no `Exchange`, whatever its capabilities.
    var hasNoStream = false
    var isReceiving = false
    var resumePosition: [UInt8]
    var failure = Eventually<ConnectionError>()
  }

  private let connectionID: String
  private let ends: ConnectionEnds
  private let client: GRPCClient<PluginTransport>
  private let executor: any TaskExecutor
  private let hostBrokerID: UInt32
  private let host: HostService
  private let rule: IncomingRule
  private let position: LatestPosition
  private let limits: RemoteLimits
  private let scope: TaskScope
  private let state: Mutex<State>

  init(
    metadata: PluginMetadata,
    versionRule: ProtocolVersionRule,
    options: RemoteOptions,
    client: GRPCClient<PluginTransport>,
    executor: any TaskExecutor,
    hostBrokerID: UInt32,
    host: HostService,
    position: LatestPosition,
    scope: TaskScope
  ) {
    self.metadata = metadata
    self.versionRule = versionRule
    self.connectionID = options.connectionID
    self.ends = options.ends
    self.client = client
    self.executor = executor
    self.hostBrokerID = hostBrokerID
    self.host = host
    self.rule = options.incomingRule
    self.position = position
    self.limits = options.limits
    self.scope = scope
    state = Mutex(State(resumePosition: options.resumePosition))
  }

  /// Returns once a stream of this connection has broken, and why: the connector broke the contract, ended a stream that
  /// it was not asked to end, or its process is gone. It begins anew with each ``connect(_:)``. Where the connector has no
  /// stream it never returns. Throws `CancellationError`.
  package func failure() async throws -> ConnectionError {
    guard let failure = await state.withLock(\.failure).valueUnlessCancelled() else { throw CancellationError() }
    return failure
  }

  // MARK: Control

  package func validate(_ configuration: ConnectionConfiguration) async -> [ConfigurationProblem] {
    var request = WireValidateRequest()
    request.config = WireConnectionConfig(own(configuration))
    do {
      let response: WireValidateResponse = try await client.unary(
        ConnectorMethods.validate,
        request,
        timeout: limits.callTimeout,
        answerLength: RemoteLimits.answerLength,
        repeated: [[1], [1, 1]]
      )
      return response.problems.prefix(Self.mostProblems).map { ConfigurationProblem(wire: $0) }
    } catch let error as RPCError where error.code == .unimplemented {
      return []
    } catch {
      // What cannot be checked is not in order.
      return [
        ConfigurationProblem(path: [], "\(ConnectionError(anyError: error, during: .connectionFailed))", remedy: "see the connector's log")
      ]
    }
  }

  private static let mostProblems = 1000

  package func connect(_ configuration: ConnectionConfiguration) async throws(ConnectionError) {
    let configuration = own(configuration)
    host.configure(configuration)
    var request = WireConnectRequest()
    request.config = WireConnectionConfig(configuration)
    request.hostBrokerID = hostBrokerID
    do {
      let response: WireConnectResponse = try await client.unary(
        ConnectorMethods.connect,
        request,
        timeout: configuration.timeout,
        answerLength: RemoteLimits.answerLength
      )
      if response.hasError { throw ConnectionError(wire: response.error) }
    } catch {
      throw ConnectionError(anyError: error, during: .connectionFailed)
    }
    state.withLock { state in
      state.configuration = configuration
      if state.failure.now != nil { state.failure = Eventually() }
    }
    if ends.contains(.outgoing), usesStream { try await openSending() }
  }

  package func disconnect() async {
    let sending = state.withLock { state in
      state.configuration = nil
      return state.sending.take()
    }
    if let sending { await finish(sending) }
    var request = WireDisconnectRequest()
    request.connectionID = connectionID
    let _: WireDisconnectResponse? = try? await client.unary(
      ConnectorMethods.disconnect,
      request,
      timeout: limits.callTimeout,
      answerLength: RemoteLimits.answerLength
    )
  }

  package func health() async -> ConnectionHealth {
    var request = WireHealthRequest()
    request.connectionID = connectionID
    do {
      let response: WireHealthResponse = try await client.unary(
        ConnectorMethods.health,
        request,
        timeout: limits.callTimeout,
        answerLength: RemoteLimits.answerLength
      )
      guard !response.healthy else { return .healthy }
      return .unhealthy(reason: String(response.reason.prefix(ConnectionError.longestMessage)))
    } catch let error as RPCError where error.code == .unimplemented {
      return .healthy
    } catch {
      return .unhealthy(reason: ConnectionError(anyError: error, during: .connectionFailed).message)
    }
  }

  private func own(_ configuration: ConnectionConfiguration) -> ConnectionConfiguration {
    var own = configuration
    own.id = connectionID
    own.ends = ends
    return own
  }

  private var usesStream: Bool { metadata.capabilities.contains(.streaming) && !state.withLock(\.hasNoStream) }

  // MARK: Sending

  package func send(_ message: Message) async throws(ConnectionError) {
    let (exchange, timeout) = state.withLock { ($0.sending, $0.configuration?.timeout) }
    if let exchange { return try await exchange.send(message) }
    guard let timeout else {
      throw .connectionHasEnded
    }
    guard !usesStream else { throw ConnectionError(.unsupported, "the connection '\(connectionID)' was not opened as outgoing") }
    try await sendByCall(message, timeout: timeout)
  }

  /// What any gRPC library takes in one message, in bytes, with room for all that is not payload.
  private static let safeMessage = 3 << 20

  private func sendByCall(_ message: Message, timeout: Duration) async throws(ConnectionError) {
    guard message.payload.count <= limits.maxPayload else {
      throw ConnectionError(
        .rejected,
        "the payload of \(message.payload.count) bytes is larger than a connector is sent (\(limits.maxPayload))"
      )
    }
    var request = WireSendRequest()
    request.connectionID = connectionID
    request.message = WireMessage(message)
    let response: WireSendResponse
    do {
      response = try await client.unary(
        ConnectorMethods.send,
        request,
        timeout: timeout,
        answerLength: RemoteLimits.answerLength
      )
    } catch let error as RPCError where error.code == .resourceExhausted && message.payload.count > Self.safeMessage {
      // It would never be taken: a connector that is short of room only for now has the contract's own error for that.
      throw ConnectionError(
        .rejected,
        "the connector takes no message of \(message.payload.count) bytes in one call: \(error.message.prefix(ConnectionError.longestMessage))"
      )
    } catch {
      var failure = ConnectionError(anyError: error, during: .sendFailed)
      if failure.code == .connectionFailed { failure.attempt = .interrupted }
      throw failure
    }
    if response.hasError { throw ConnectionError(wire: response.error) }
  }

  /// Opens the stream of outgoing messages, unless it is open. Finds out whether the connector has one.
  private func openSending() async throws(ConnectionError) {
    if let exchange = state.withLock(\.sending), exchange.finished.now == nil { return }
    let exchange = HostExchange(opening(.outgoing))
    if let error = await open(exchange) {
      if error.code == .unsupported {
        state.withLock { $0.hasNoStream = true }
        return
      }
      throw error
    }
    state.withLock { $0.sending = exchange }
  }

  /// For tests: as many messages wait to be sent as may.
  var isFull: Bool { state.withLock(\.sending)?.isFull ?? false }

  /// For tests: leaves streams alone.
  func useCallsOnly() { state.withLock { $0.hasNoStream = true } }

  private func opening(_ ends: ConnectionEnds, resumePosition: [UInt8] = []) -> HostExchange.Machine.Opening {
    HostExchange.Machine.Opening(
      connectionID: connectionID,
      ends: ends,
      resumePosition: resumePosition,
      limits: limits.exchange,
      waitingLimit: limits.waitingMessages,
      positionLimit: limits.refusedPositions
    )
  }

  /// Begins a stream, and returns when it is open, or why it is not.
  private func open(_ exchange: HostExchange) async -> ConnectionError? {
    let failure = state.withLock(\.failure)
    let begun = scope.add { [client, executor] in
      await withTaskExecutorPreference(executor) { await exchange.run(over: client) }
      // One that could not be opened has told so already.
      if let error = exchange.failureAfterOpening { failure.set(error) }
    }
    guard begun else { return ConnectionError(.connectionFailed, "the connector's scope has ended", recoverable: true) }
    return await withTaskCancellationHandler {
      await exchange.opened.value()
    } onCancel: {
      exchange.abort()
    }
  }

  /// Ends a stream in good order, or by force after the grace.
  private func finish(_ exchange: HostExchange) async {
    exchange.finish()
    abort(exchange, after: limits.finishGrace)
    await withTaskCancellationHandler {
      _ = await exchange.finished.value()
    } onCancel: {
      exchange.abort()
    }
  }

  private func abort(_ exchange: HostExchange, after grace: Duration) {
    scope.add {
      await withTaskGroup(of: Void.self) { group in
        group.addTask { try? await Task.sleep(for: grace) }
        group.addTask { _ = await exchange.finished.value() }
        await group.next()
        // Ends the other child too.
        exchange.abort()
        group.cancelAll()
      }
    }
  }

  // MARK: Receiving

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
