package import RopewalkConnector

extension BuiltInConnectors {
  package typealias Conflict = (index: Int, problem: ConfigurationProblem)

  /// What keeps incoming connections from being open at once in one process.
  /// - Returns: the problem, and the place in `configurations` of the later of the two. Settings that cannot be read are left out.
  package static func conflicts(among configurations: [ConnectionConfiguration]) -> [Conflict] {
    conflictsOfWebhooks(configurations) + conflictsOfInput(configurations)
  }

  private static func conflictsOfWebhooks(_ configurations: [ConnectionConfiguration]) -> [Conflict] {
    var earlier: [WebhookSettings] = []
    var conflicts: [Conflict] = []
    for (index, configuration) in configurations.enumerated() where WebhookConnector.information.supportedTypes.contains(configuration.type)
    {
      let (settings, problems) = WebhookSettings.read(configuration.settings)
      guard let settings, problems.isEmpty else { continue }
      if let problem = earlier.lazy.compactMap({ settings.conflict(with: $0) }).first { conflicts.append((index, problem)) }
      earlier.append(settings)
    }
    return conflicts
  }

  private static func conflictsOfInput(_ configurations: [ConnectionConfiguration]) -> [Conflict] {
    configurations.indices.filter { StdioSourceConnector.information.supportedTypes.contains(configurations[$0].type) }.dropFirst().map {
      ($0, ConfigurationProblem(path: [], StdioSourceConnector.inputIsTaken))
    }
  }
}
