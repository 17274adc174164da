import GRPCCore
import GoPlugin
import RopewalkCore
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

  struct State {
    var configuration: ConnectionConfiguration?
    var sending: HostExchange?
    /// The connector says that it has no `Exchange`, whatever its capabilities.
    var hasNoStream = false
    var isReceiving = false
    var resumePosition: [UInt8]
    var failure = Eventually<ConnectionError>()
  }

  let connectionID: String
  private let ends: ConnectionEnds
  let client: GRPCClient<PluginTransport>
  let executor: any TaskExecutor
  private let hostBrokerID: UInt32
  private let host: HostService
  let rule: IncomingRule
  let position: LatestPosition
  let limits: RemoteLimits
  let scope: TaskScope
  let state: Mutex<State>

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

  var usesStream: Bool { metadata.capabilities.contains(.streaming) && !state.withLock(\.hasNoStream) }
}
