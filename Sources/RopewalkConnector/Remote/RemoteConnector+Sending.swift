import GRPCCore
package import RopewalkCore
import Synchronization

extension RemoteConnector {
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
  func openSending() async throws(ConnectionError) {
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
}
