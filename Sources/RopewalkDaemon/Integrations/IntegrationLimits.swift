/// The bounds of the controller of integrations.
package struct IntegrationLimits: Sendable, Equatable {
  /// Integrations that are started or changed at once. Default 8.
  package var maxConcurrentChanges = 8
  /// How often the status of one is written when only its counts have changed. Default 5 s.
  package var statusInterval: Duration = .seconds(5)
  /// How long a change waits for what the old version has in memory; what is left goes through the new one. Default 5 s,
  /// or the integration's `limits.drainTimeout` where that is shorter.
  package var reloadDrain: Duration = .seconds(5)
  /// How often a deletion looks whether everything is settled. Default 500 ms.
  package var drainCheck: Duration = .milliseconds(500)
  /// The wait before an integration that broke is started again; each further one doubles it. Default 1 s.
  package var minRestartWait: Duration = .seconds(1)
  /// The longest wait before it is started again. Default 1 min.
  package var maxRestartWait: Duration = .seconds(60)
  /// How often a declaration that could not be read or started is tried again although nothing changed. Default 30 s.
  package var retryInterval: Duration = .seconds(30)

  package init() {}
}
