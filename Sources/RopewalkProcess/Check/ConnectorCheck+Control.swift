import GoPlugin
import RopewalkConnector
import RopewalkCore
import RopewalkPlugins

extension ConnectorCheck {
  func start() async throws -> String {
    let clock = ContinuousClock()
    let begin = clock.now
    let ready = try await stage.withProcess { plugin in
      let ready = clock.now
      try await plugin.checkHealth()
      return ready
    }
    return "within \((ready - begin).milliseconds)"
  }

  func metadata() async throws -> String {
    let metadata = try await stage.withProcess { try await remoteMetadata(of: $0) }
    var wrong: [String] = []
    if metadata.id.isEmpty { wrong.append("no id; give it one that no other connector has, such as a repository's path") }
    if metadata.name.isEmpty { wrong.append("no name") }
    if SemanticVersion(parsing: metadata.version) == nil {
      wrong.append("the version '\(metadata.version)' is no semantic version; write three numbers such as 1.0.0")
    }
    if metadata.supportedTypes.isEmpty || metadata.supportedTypes.contains("") {
      wrong.append("no supported types; name the word that integration files write under type")
    }
    if let type = stage.plan.type, !metadata.supportedTypes.contains(type) {
      wrong.append("the type '\(type)' that it is checked as is none of its types (\(metadata.supportedTypes.joined(separator: ", ")))")
    }
    if metadata.description.isEmpty { wrong.append("no description; one sentence says what it connects to") }
    switch ProtocolVersionRule(connector: metadata.protocolVersion) {
    case .allowed: break
    case .warned(let text), .blocked(let text): wrong.append(text)
    }
    guard wrong.isEmpty else { throw CheckFailure(wrong.joined(separator: "; ")) }
    let capabilities = metadata.capabilities.map(\.rawValue).sorted().joined(separator: ", ")
    return "\(metadata.name) \(metadata.version): \(capabilities.isEmpty ? "no capabilities" : capabilities)"
  }

  func schema() async throws -> String {
    let metadata = try await stage.withProcess { try await remoteMetadata(of: $0) }
    guard case .object(let schema) = metadata.configSchema else { throw CheckFailure("the schema is no JSON object") }
    guard !schema.isEmpty else { throw CheckOmission("it has no schema; one lets editors and `validate` help its users") }
    let ends = [("outgoing", stage.plan.outgoing), ("incoming", stage.plan.incoming)]
    for (name, end) in ends {
      guard let end else { continue }
      let problems = stage.plan.schemaProblems(metadata.configSchema, .object(end.settings))
      guard problems.isEmpty else { throw CheckFailure("\(name): \(problems.joined(separator: "; "))") }
    }
    return "\(ends.count { $0.1 != nil }) ends fit it"
  }

  func badSettings() async throws -> String {
    try await stage.withConnector([.incoming, .outgoing]) { _, remote in
      let bad = stage.configuration(stage.plan.invalidSettings, for: remote.metadata, [.incoming, .outgoing])
      let problems = await remote.validate(bad)
      for problem in problems { stage.log.add("\(problem.message) \(problem.remedy)") }
      guard !problems.isEmpty else {
        throw CheckFailure("Validate finds nothing wrong with \(JSON.object(bad.settings).text()); report what is unknown or missing")
      }
      do throws(ConnectionError) {
        try await remote.connect(bad)
      } catch {
        try check(refusal: error)
        return problems.count == 1 ? "1 problem" : "\(problems.count) problems"
      }
      await remote.disconnect()
      throw CheckFailure("Connect takes settings that Validate refuses")
    }
  }

  private func check(refusal: ConnectionError) throws {
    guard refusal.code == .invalidConfiguration else {
      throw CheckFailure("Connect refuses with \(refusal.code) instead of INVALID_CONFIG: \(refusal.message)")
    }
    guard !refusal.recoverable else {
      throw CheckFailure("INVALID_CONFIG is said to be recoverable; the same settings stay wrong")
    }
  }

  func connecting() async throws -> String {
    let (ends, end) = try anyEnd()
    return try await stage.withConnector(ends) { _, remote in
      let configuration = stage.configuration(end.settings, for: remote.metadata, ends)
      let problems = await remote.validate(configuration)
      guard problems.isEmpty else {
        let text = problems.map { "\($0.path.joined(separator: ".")) \($0.message)" }.joined(separator: "; ")
        throw CheckFailure("the settings of the check are refused: \(text)")
      }
      for round in 1...2 {
        for call in 1...2 {
          do {
            try await stage.noting { try await remote.connect(configuration) }
          } catch {
            throw CheckFailure("call \(call) of Connect in round \(round) fails: \(error); a second call must change nothing")
          }
        }
        if case .unhealthy(let reason) = await remote.health() { throw CheckFailure("connected, and not healthy: \(reason)") }
        await remote.disconnect()
        await remote.disconnect()
      }
      return "2 rounds of 2 calls each"
    }
  }

  func anyEnd() throws -> (ConnectionEnds, CheckPlan.End) {
    if let outgoing = stage.plan.outgoing { return (.outgoing, outgoing) }
    if let incoming = stage.plan.incoming { return (.incoming, incoming) }
    throw CheckOmission("no settings were given; write a check.yaml with outgoing or incoming, and name it with --config")
  }
}

extension Duration {
  var milliseconds: String { "\(Int((seconds * 1000).rounded())) ms" }
}
