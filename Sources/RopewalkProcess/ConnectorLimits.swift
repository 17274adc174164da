package import RopewalkConnector

/// What bounds a connector's process, and how it is started again. docs/guide/connector-processes.md explains them.
package struct ConnectorLimits: Sendable, Equatable {
  /// How long a process may take from its start until it is connected and healthy. Default 10 s.
  package var startTimeout: Duration = .seconds(10)
  /// How long a process may take to end after it was asked to, before it and its group are killed. Default 5 s.
  package var stopGrace: Duration = .seconds(5)
  /// The waits before a process that ended is started again. Default 100 ms, doubled up to 30 s, a fifth of it random.
  package var restartBackoff = RetryPolicy(maxRetries: .max, initialBackoff: .milliseconds(100), maxBackoff: .seconds(30), jitter: 0.2)
  /// Ends without a message moved, within ``crashWindow``, after which the process counts as broken. Default 5.
  package var crashLimit = 5
  /// Default 60 s.
  package var crashWindow: Duration = .seconds(60)
  /// How long a broken process is left alone, unless its program or configuration changes. Default 10 s, doubled after
  /// each further try up to 5 min.
  package var brokenPause = RetryPolicy(maxRetries: .max, initialBackoff: .seconds(10), maxBackoff: .seconds(300), jitter: 0)
  /// How often it is looked whether the program of a broken process has changed. Default 2 s.
  package var changeCheck: Duration = .seconds(2)
  /// How often a process is asked whether it works. Default 10 s.
  package var healthInterval: Duration = .seconds(10)
  /// How long it may take to answer. Default 5 s.
  package var healthTimeout: Duration = .seconds(5)
  /// Questions in a row without a good answer after which it is killed. Default 3.
  package var healthFailures = 3
  /// How long `send` waits for a process that is being started, before the message waits elsewhere. Default 2 s.
  package var sendPatience: Duration = .seconds(2)
  /// How soon a message is offered again to a connector that could not open its connection. Default 1 s.
  package var refusedRetry: Duration = .seconds(1)
  /// How soon to one that is broken, in case it was mended. Default 2 s, as ``changeCheck``.
  package var brokenRetry: Duration = .seconds(2)
  /// Connections that one process serves at most; further ones get another. Default 64.
  package var connectionsPerProcess = 64
  /// How often the position of an incoming connection is written, at most. Default 100 ms.
  package var positionInterval: Duration = .milliseconds(100)
  /// The longest position, in bytes. Default 64 KiB.
  package var positionLength = 64 << 10

  package init() {}
}
