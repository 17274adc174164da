import RopewalkConnector
import RopewalkCore

/// What keeps two connectors from sharing an address that both listen on.
extension WebhookSettings {
  var listenerConflict: ConfigurationProblem {
    ConfigurationProblem(
      path: ["listen"],
      "another connector listens on \(listen) with other settings",
      remedy: "give both the same tls, headerTimeout, bodyTimeout, idleTimeout and maxConnections, or another 'listen'"
    )
  }

  var pathConflict: ConfigurationProblem {
    ConfigurationProblem(
      path: ["endpoint"],
      "another connector takes the path \(endpoint) on \(listen)",
      remedy: "choose another 'endpoint' or 'listen'"
    )
  }

  /// Nil when both can be open in one process.
  func conflict(with other: WebhookSettings) -> ConfigurationProblem? {
    // Port 0 is another port each time.
    guard listen == other.listen, listen.port != 0 else { return nil }
    if listener != other.listener { return listenerConflict }
    return endpoint.matchesSame(as: other.endpoint) ? pathConflict : nil
  }
}
