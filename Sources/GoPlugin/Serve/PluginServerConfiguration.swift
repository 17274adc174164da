/// How a program serves as a plugin.
public struct PluginServerConfiguration: Sendable {
  public var cookie: Cookie
  /// The versions of the plugin's own protocol that it speaks.
  public var protocolVersions: Set<Int>
  /// How long calls may go on after the host has asked the plugin to end: 3 seconds.
  public var stopGrace: Duration = .seconds(3)
  /// The bounds that both sides have: of messages and of the broker.
  public var limits = HostLimits()

  public init(cookie: Cookie, protocolVersions: Set<Int>) {
    self.cookie = cookie
    self.protocolVersions = protocolVersions
  }
}
