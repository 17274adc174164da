public import RopewalkCore

/// The connector contract: one connection to the outside, incoming, outgoing or both.
///
/// Implementations are embedded Swift connectors and the proxy of a connector in a process of its own.
/// The host calls `validate`, then `connect`, then `send` any number of times at once and/or `receive` once,
/// then `disconnect`. `connect` and `disconnect` are idempotent.
public protocol ConnectionNode: Sendable {
  var metadata: PluginMetadata { get }

  /// Whether `send` and `receive` may block their thread: with files, locks or long computations. True unless a connector
  /// says otherwise.
  ///
  /// Where a connector is a process of its own and this is false, they run on the thread of the stream to the host, which
  /// saves two changes of thread for each message; while they block all the same, nothing else is read or written there.
  var mayBlock: Bool { get }

  /// Everything that is wrong with a configuration; empty when it is usable. Opens nothing.
  func validate(_ configuration: ConnectionConfiguration) async -> [ConfigurationProblem]

  /// Acquires what the connection needs (listens, opens, resolves) so that `send` or `receive` can start.
  func connect(_ configuration: ConnectionConfiguration) async throws(ConnectionError)

  /// Releases everything. Messages in `send` are finished or fail as recoverable.
  func disconnect() async

  /// Delivers one message; returns when the destination has it. Cancelling gives up at once, the outcome then unknown.
  func send(_ message: Message) async throws(ConnectionError)

  /// Takes messages from outside and hands each to `inbox` until the source ends, the task is cancelled
  /// or the connection breaks. A message counts as received only when the inbox has accepted it.
  func receive(into inbox: Inbox) async throws(ConnectionError)

  func health() async -> ConnectionHealth
}

extension ConnectionNode {
  public var mayBlock: Bool { true }

  public func send(_ message: Message) async throws(ConnectionError) {
    throw ConnectionError(.unsupported, "the connector '\(metadata.name)' cannot be used as outgoing")
  }

  public func receive(into inbox: Inbox) async throws(ConnectionError) {
    throw ConnectionError(.unsupported, "the connector '\(metadata.name)' cannot be used as incoming")
  }

  public func health() async -> ConnectionHealth { .healthy }
}

public enum ConnectionHealth: Sendable, Equatable {
  case healthy
  case unhealthy(reason: String)
}
