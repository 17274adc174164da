/// What bounds a host's dealings with one plugin.
public struct HostLimits: Sendable, Hashable {
  /// How long a plugin may take from its start until it has answered the health service: 10 seconds.
  public var startTimeout: Duration = .seconds(10)
  /// How long a plugin may take to end after it was asked to, before it is killed: 5 seconds.
  public var stopGrace: Duration = .seconds(5)
  /// How long output is still read after the process has ended, where something else holds its pipes open: 500 ms.
  public var outputDrain: Duration = .milliseconds(500)
  /// How much of each output an error shows, from its end, in bytes: 4 KiB.
  public var outputShown = 4096
  /// Where a line of output is cut, in bytes: 1 MiB.
  public var logLineLength = 1 << 20
  /// How many lines of output a second are read; a plugin that writes more waits in its own write: 10,000.
  public var logLinesPerSecond = 10_000
  /// How many bytes of output a second are read, in the same way: 8 MiB.
  public var logBytesPerSecond = 8 << 20
  /// The longest message in either direction, in bytes: 64 MiB.
  public var messageLength = 64 << 20
  /// The longest message with which a plugin calls what the host offers through the broker, in bytes: 4 MiB.
  public var calledMessageLength = 4 << 20
  /// How many calls of one plugin to what the host offers may be under way; further ones wait at the plugin: 64.
  public var callsAtOnce = 64
  /// How long one waits for a connection that the other side is to offer through the broker: 5 seconds.
  public var brokerTimeout: Duration = .seconds(5)
  /// How long the calls over a connection that was offered may go on once it is given up: 1 second.
  public var brokerStopGrace: Duration = .seconds(1)
  /// How many offered connections may wait for somebody to take them: 64.
  public var brokerOffers = 64
  /// How many connections may be open within the one to the plugin where they are multiplexed, the first among them: 256.
  /// Of each, at most 256 KiB wait that have come.
  public var multiplexedConnections = 256

  public init() {}
}
