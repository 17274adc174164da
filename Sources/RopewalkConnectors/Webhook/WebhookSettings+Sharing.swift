package import RopewalkConnector
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

extension BuiltInConnectors {
  /// What keeps incoming connections from being open at once in one process.
  /// - Returns: the problem, and the place in `configurations` of the later of the two. Settings that cannot be read are left out.
  package static func conflicts(
    among configurations: [ConnectionConfiguration]
  ) -> [(index: Int, problem: ConfigurationProblem)] {
    var earlier: [WebhookSettings] = []
    var conflicts: [(index: Int, problem: ConfigurationProblem)] = []
    for (index, configuration) in configurations.enumerated() where WebhookConnector.information.supportedTypes.contains(configuration.type)
    {
      let (settings, problems) = WebhookSettings.read(configuration.settings)
      guard let settings, problems.isEmpty else { continue }
      if let problem = earlier.lazy.compactMap({ settings.conflict(with: $0) }).first { conflicts.append((index, problem)) }
      earlier.append(settings)
    }
    return conflicts
  }
}
