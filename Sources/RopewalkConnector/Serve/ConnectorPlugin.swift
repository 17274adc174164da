import Glibc
import GoPlugin
import Logging

/// Serves a connector as a process of its own, under Ropewalk or any other host that speaks the contract.
///
/// ```swift
/// import RopewalkConnector
///
/// @main
/// struct Mailer {
///   static func main() async throws {
///     try await ConnectorPlugin.serve(MailConnector())
///   }
/// }
/// ```
///
/// Standard output belongs to the protocol: print nothing there before `serve`. Log through swift-log, which `serve`
/// points at the host, or through ``ConnectorHost/log(_:_:fields:)``.
public enum ConnectorPlugin {
  enum Serving: Sendable {
    case one(any ConnectionNode)
    case many(@Sendable (ConnectorHost) -> any ConnectionNode)

    var node: @Sendable (ConnectorHost) -> any ConnectionNode {
      switch self {
      case .one(let node): { _ in node }
      case .many(let make): make
      }
    }
  }

  /// Serves one connection by `node`, until the host asks the process to end or is gone.
  ///
  /// A second connection is refused: the host starts another process for it. Ends the process with status 1 and a
  /// sentence on standard error when no host has started it.
  public static func serve(_ node: some ConnectionNode, limits: ServeLimits = ServeLimits()) async throws {
    try await serve(node.metadata, .one(node), limits)
  }

  /// Serves any number of connections, each by a node of its own that `makeNode` makes for it, until the host asks the
  /// process to end or is gone.
  ///
  /// - Parameter makeNode: is given what the node may ask of the host. It is called for each connection, and once for each
  ///   validation; the host then has nothing to offer.
  public static func serve(
    _ metadata: PluginMetadata,
    limits: ServeLimits = ServeLimits(),
    makeNode: @escaping @Sendable (_ host: ConnectorHost) -> any ConnectionNode
  ) async throws {
    try await serve(metadata, .many(makeNode), limits)
  }

  private static func serve(_ metadata: PluginMetadata, _ serving: Serving, _ limits: ServeLimits) async throws {
    LoggingSystem.bootstrap { HostLogHandler(label: $0) }
    let configuration = PluginServerConfiguration(
      cookie: ConnectorProtocol.cookie,
      protocolVersions: ConnectorProtocol.handshakeVersions
    )
    var metadata = metadata
    // The library serves streams, whatever the connector.
    metadata.capabilities.insert(.streaming)
    do {
      try await withTaskScope { scope in
        var service: ConnectorService?
        try await servePlugin(configuration, logger: Logger(label: metadata.id)) { _, broker in
          let own = ConnectorService(metadata: metadata, serving: serving, limits: limits, broker: broker, scope: scope)
          service = own
          return [own]
        }
        await service?.close()
      }
    } catch let error as GoPluginError where error.code == .notStartedByHost {
      var text = "\(metadata.name): \(error.message)\n"
      _ = text.withUTF8 { write(STDERR_FILENO, $0.baseAddress, $0.count) }
      exit(1)
    }
  }
}
