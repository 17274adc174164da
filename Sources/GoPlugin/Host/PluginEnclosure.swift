/// What a plugin is started inside of, such as a sandbox with a file system of its own.
public struct PluginEnclosure: Sendable {
  /// Where the plugin is to make its sockets and temporary files, as it sees it.
  public var socketDirectory: String
  /// Turns the command that starts the plugin into the one that starts it enclosed. The plugin must find the host's
  /// sockets, for what the host serves through the broker, in the folder `hostSockets`, unless the broker's connections are
  /// multiplexed. Called once for each start.
  public var enclose: @Sendable (_ command: PluginCommand, _ hostSockets: String) throws -> PluginCommand
  /// Connects to the socket that the plugin says it has made, at the path as the plugin sees it. Returns a descriptor that
  /// belongs to the caller.
  public var connect: @Sendable (_ path: String) throws -> Int32

  public init(
    socketDirectory: String,
    enclose: @escaping @Sendable (_ command: PluginCommand, _ hostSockets: String) throws -> PluginCommand,
    connect: @escaping @Sendable (_ path: String) throws -> Int32
  ) {
    self.socketDirectory = socketDirectory
    self.enclose = enclose
    self.connect = connect
  }
}
