import GoPlugin
import RopewalkCore
import Synchronization

/// One connection that this process serves: its node, while it is connected.
final class ServedConnection: Sendable {
  private struct State {
    var node: (any ConnectionNode)?
    var configuration: WireConnectionConfig?
    var link: HostLink?
    var calls: ReceiverOfCalls?
  }

  let id: String
  private let state = Mutex(State())
  private let turns = Turns()

  init(id: String) {
    self.id = id
  }

  /// The node; nil while it is not connected.
  var node: (any ConnectionNode)? { state.withLock(\.node) }
  var isConnected: Bool { node != nil }

  /// Connects a node, unless one is connected with the same configuration. Returns why it could not.
  func connect(
    _ request: WireConnectRequest,
    broker: PluginBroker,
    scope: TaskScope,
    makeNode: (ConnectorHost) -> any ConnectionNode
  ) async -> ConnectionError? {
    await turns.takeInAnyCase {
      if state.withLock({ $0.node != nil && $0.configuration == request.config }) { return nil }
      await close()
      let link =
        request.hostBrokerID == 0
        ? nil : HostLink(connectionID: id, broker: broker, brokerID: request.hostBrokerID, scope: scope)
      let node = makeNode(ConnectorHost(link: link))
      do throws(ConnectionError) {
        try await node.connect(ConnectionConfiguration(wire: request.config))
      } catch {
        link?.close()
        return error
      }
      state.withLock { $0 = State(node: node, configuration: request.config, link: link) }
      return nil
    }
  }

  func disconnect() async { await turns.takeInAnyCase { await close() } }

  private func close() async {
    let open = state.withLock { state in
      defer { state = State() }
      return state
    }
    open.calls?.stop()
    await open.node?.disconnect()
    open.link?.close()
  }

  /// Who receives for calls of `Receive`; begun with the first one. Nil while the connection is not open.
  func receiverOfCalls(resumePosition: [UInt8], limits: ServeLimits, scope: TaskScope) -> ReceiverOfCalls? {
    let (receiver, node): (ReceiverOfCalls?, (any ConnectionNode)?) = state.withLock { state in
      guard let node = state.node else { return (nil, nil) }
      if let calls = state.calls { return (calls, nil) }
      let calls = ReceiverOfCalls(limit: limits.waitingMessages)
      state.calls = calls
      return (calls, node)
    }
    if let receiver, let node { receiver.begin(node, resumePosition: resumePosition, in: scope) }
    return receiver
  }
}
