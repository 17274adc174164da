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
  ///
  /// - Parameter mayBlock: whether `send` and `receive` may block their thread: with files, locks or long computations. Where
  ///   it is false they run on the connection's thread, which saves two changes of thread for each message; while they block
  ///   all the same, nothing else is read or written.
  public static func serve(_ node: some ConnectionNode, mayBlock: Bool = true, limits: ServeLimits = ServeLimits()) async throws {
    try await serve(node.metadata, .one(node), mayBlock, limits)
  }

  /// Serves any number of connections, each by a node of its own that `makeNode` makes for it, until the host asks the
  /// process to end or is gone.
  ///
  /// - Parameters:
  ///   - mayBlock: whether `send` and `receive` may block their thread, as above.
  ///   - makeNode: is given what the node may ask of the host. It is called for each connection, and once for each
  ///     validation; the host then has nothing to offer.
  public static func serve(
    _ metadata: PluginMetadata,
    mayBlock: Bool = true,
    limits: ServeLimits = ServeLimits(),
    makeNode: @escaping @Sendable (_ host: ConnectorHost) -> any ConnectionNode
  ) async throws {
    try await serve(metadata, .many(makeNode), mayBlock, limits)
  }

  private static func serve(_ metadata: PluginMetadata, _ serving: Serving, _ mayBlock: Bool, _ limits: ServeLimits) async throws {
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
          let own = ConnectorService(
            metadata: metadata,
            serving: serving,
            mayBlock: mayBlock,
            limits: limits,
            broker: broker,
            scope: scope
          )
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
