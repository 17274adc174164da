package import Logging
package import NIOCore
import NIOPosix
package import RopewalkConnector
package import RopewalkCore

/// The connectors that are part of Ropewalk, and what they share: event loops, listeners, the name resolver, the standard streams.
///
/// Make one for a process: connectors of the same one can share a `listen` address.
package struct BuiltInConnectors: Sendable {
  private let group: any EventLoopGroup
  private let logger: Logger
  private let listeners: ListenerRegistry
  private let resolver: AddressResolver
  private let streams: StandardStreams

  /// - Parameters:
  ///   - group: runs sockets; stays the caller's to shut down, after every connector is disconnected.
  ///   - logger: hears of messages that a source cannot hand on and nobody else can be told of.
  ///   - resolver: looks host names up; nil for the system's own.
  package init(group: any EventLoopGroup, logger: Logger, resolver: AddressResolver? = nil) {
    self.init(group: group, logger: logger, resolver: resolver, streams: StandardStreams())
  }

  init(group: any EventLoopGroup, logger: Logger, resolver: AddressResolver?, streams: StandardStreams) {
    self.group = group
    self.logger = logger
    self.streams = streams
    listeners = ListenerRegistry(group: group)
    self.resolver = resolver ?? SystemResolver(threads: .singleton).resolver
  }

  /// What there is, one entry per connector; a type that can stand at both ends has two.
  package func metadata() -> [PluginMetadata] {
    ConnectorRole.allCases.flatMap { role in
      Self.types(for: role).compactMap { make(type: $0, role: role)?.metadata }
    }
  }

  /// Runs `body` with the sockets that are listened on kept open, so that an incoming connector that is disconnected in it can
  /// be replaced by one that listens there too: those who come in between are asked to come again (503), not turned away.
  package func keepingListeners<Result>(_ body: () async throws -> Result) async throws -> Result {
    listeners.hold()
    let result: Swift.Result<Result, any Error>
    do {
      result = .success(try await body())
    } catch {
      result = .failure(error)
    }
    await listeners.release()
    return try result.get()
  }

  /// The `type` words that can be used in a role.
  package static func types(for role: ConnectorRole) -> [String] {
    switch role {
    case .incoming: ["http-webhook", "file", "stdio", "timer", "generate"]
    case .outgoing: ["http", "file", "stdio"]
    }
  }

  /// A new connector of that type, not yet connected; nil when there is none for the type in this role.
  /// - Parameter fence: what a connector that reads and writes files is held to; nil for nothing.
  package func make(type: String, role: ConnectorRole, within fence: FolderFence? = nil) -> (any ConnectionNode)? {
    switch (role, type) {
    case (.incoming, "http-webhook"): WebhookConnector(registry: listeners)
    case (.incoming, "file"): FileSourceConnector(logger: logger, within: fence)
    case (.incoming, "stdio"): StdioSourceConnector(streams: streams, logger: logger)
    case (.incoming, "timer"): GeneratingConnector<TimerSettings>(logger: logger)
    case (.incoming, "generate"): GeneratingConnector<GenerateSettings>(logger: logger)
    case (.outgoing, "http"): HTTPConnector(group: group, resolver: resolver)
    case (.outgoing, "file"): FileSinkConnector(within: fence)
    case (.outgoing, "stdio"): StdioSinkConnector(streams: streams)
    default: nil
    }
  }
}

/// Which end of an integration a connector stands at.
package enum ConnectorRole: String, Sendable, CaseIterable { case incoming, outgoing }
