/// Where a plugin runs that somebody else started, for instance under a debugger.
public struct Reattachment: Sendable, Hashable {
  public var pid: Int32
  public var address: PluginAddress
  public var protocolVersion: Int

  public init(pid: Int32, address: PluginAddress, protocolVersion: Int) {
    self.pid = pid
    self.address = address
    self.protocolVersion = protocolVersion
  }
}
