public import GRPCCore

/// A started plugin, connected and healthy. It is valid in the scope that gave it.
public struct Plugin: Sendable {
  /// Makes calls to the plugin's services. The connection does not come back once lost, which ``exit()`` tells too.
  public let client: GRPCClient<PluginTransport>
  /// The thread of the connection. A task that reads or writes a stream is fastest there: between it and the socket there
  /// is no change of thread. It must not block.
  public let executor: any TaskExecutor
  /// The version of the plugin's own protocol that both sides speak.
  public let protocolVersion: Int
  /// Further connections between the two.
  public let broker: PluginBroker
  /// What ``withReattachedPlugin(_:socketDirectory:limits:logger:_:)`` needs to reach this plugin from elsewhere; nil with mutual
  /// TLS, whose key does not leave this process, where the plugin is enclosed, and where its connections are multiplexed.
  public let reattachment: Reattachment?

  let process: PluginProcess

  /// The number of the plugin's process.
  public var pid: Int32 { process.pid }

  /// Returns how the plugin's process ended, once it has. Throws `CancellationError`.
  public func exit() async throws -> ExitStatus { try await process.exit() }

  /// Ends the plugin's process at once, and returns when it is gone.
  @discardableResult
  public func kill() async -> ExitStatus { await process.kill() }

  /// Asks the plugin's health service. Throws `unhealthy` when it answers anything but that it serves, and an `RPCError`
  /// when it does not answer.
  public func checkHealth() async throws {
    let status: UInt64
    do {
      status = try await client.unary(
        request: ClientRequest(message: HealthCheckRequest(service: Methods.healthServiceName)),
        descriptor: Methods.healthCheck,
        serializer: WireCoder<HealthCheckRequest>(),
        deserializer: WireCoder<HealthCheckResponse>(),
        options: .defaults
      ) { try $0.message.status }
    } catch let error as RuntimeError {
      // The connection had ended before the call began.
      throw RPCError(code: .unavailable, message: "the connection to the plugin has ended", cause: error)
    }
    guard status == HealthCheckResponse.serving else {
      throw GoPluginError(.unhealthy, "the plugin says that it does not serve (status \(status))")
    }
  }

  /// Asks the plugin's controller to end the plugin. Returns false when the plugin has none, or does not answer.
  func requestShutdown() async -> Bool {
    do {
      try await client.unary(
        request: ClientRequest(message: EmptyMessage()),
        descriptor: Methods.shutdown,
        serializer: WireCoder<EmptyMessage>(),
        deserializer: WireCoder<EmptyMessage>(),
        options: .defaults
      ) { _ = try $0.message }
      return true
    } catch let error as RPCError {
      // Go's plugin closes the connection instead of answering.
      return error.code == .unavailable
    } catch {
      return false
    }
  }
}
