import GRPCCore
import GoPlugin
import SwiftProtobuf
import Synchronization

/// The way back to the host for one connection: dialled when it is first used, held until the connection is closed.
final class HostLink: Sendable {
  private typealias Client = GRPCClient<PluginTransport>

  /// How long a host may take to answer.
  private static let callTimeout: Duration = .seconds(10)
  /// As many as a host serves at once. A call that timed out while it waits for its turn within gRPC would end there before it
  /// has begun, which gRPC's client does not expect.
  private static let callsAtOnce = HostLimits().callsAtOnce

  let connectionID: String
  private let broker: PluginBroker
  private let brokerID: UInt32
  private let scope: TaskScope
  private let isDialled = Mutex(false)
  private let client = Eventually<Result<Client, ConnectionError>>()
  private let closed = Eventually<Void>()
  private let turns = Turns(atOnce: callsAtOnce)

  init(connectionID: String, broker: PluginBroker, brokerID: UInt32, scope: TaskScope) {
    self.connectionID = connectionID
    self.broker = broker
    self.brokerID = brokerID
    self.scope = scope
  }

  func close() {
    closed.set(())
    client.set(.failure(Self.isClosed))
  }

  private static let isClosed = ConnectionError(.connectionFailed, "the connection is closed", recoverable: true)

  func call<Request: SwiftProtobuf.Message, Response: SwiftProtobuf.Message>(
    _ method: MethodDescriptor,
    _ request: Request
  ) async throws(ConnectionError) -> Response {
    let isFirst = isDialled.withLock { isDialled in
      defer { isDialled = true }
      return !isDialled
    }
    if isFirst { dial() }
    do {
      return try await turns.take {
        try await client.value().get().unary(method, request, timeout: Self.callTimeout, answerLength: nil)
      }
    } catch let error as RPCError where error.code == .permissionDenied {
      throw ConnectionError(.unauthorized, error.message)
    } catch let error as RPCError {
      throw ConnectionError(.connectionFailed, "the host does not answer (\(error.code)): \(error.message)", recoverable: true)
    } catch {
      throw ConnectionError(anyError: error, during: .connectionFailed)
    }
  }

  private func dial() {
    let begun = scope.add { [self] in
      do {
        try await broker.withClient(id: brokerID) { client in
          self.client.set(.success(client))
          _ = await closed.valueUnlessCancelled()
        }
      } catch {
        client.set(.failure(ConnectionError(.connectionFailed, "the host cannot be reached: \(error)", recoverable: true)))
      }
    }
    if !begun { client.set(.failure(Self.isClosed)) }
  }
}
