package import NIOCore
import NIOPosix
package import RopewalkConnector
import RopewalkCore

/// The connectors that are part of Ropewalk, and what they share: event loops, listeners, the name resolver, threads for files.
package struct BuiltInConnectors: Sendable {
  private let group: any EventLoopGroup
  private let listeners: ListenerRegistry
  private let resolver: AddressResolver

  /// - Parameters:
  ///   - group: runs sockets; stays the caller's to shut down, after every connector is disconnected.
  ///   - resolver: looks host names up; nil for the system's own.
  package init(group: any EventLoopGroup, resolver: AddressResolver? = nil) {
    self.group = group
    listeners = ListenerRegistry(group: group)
    self.resolver = resolver ?? SystemResolver(threads: NIOThreadPool.singleton).resolver
  }

  /// What there is, one entry per connector.
  package func metadata() -> [PluginMetadata] {
    [WebhookConnector.information, HTTPConnector.information]
  }

  /// A new connector of that type, not yet connected; nil when there is none for the type in this role.
  package func make(type: String, role: ConnectorRole) -> (any ConnectionNode)? {
    switch (type, role) {
    case ("http-webhook", .incoming): WebhookConnector(registry: listeners)
    case ("http", .outgoing): HTTPConnector(group: group, resolver: resolver)
    default: nil
    }
  }
}

/// Which end of an integration a connector stands at.
package enum ConnectorRole: String, Sendable, CaseIterable { case incoming, outgoing }
