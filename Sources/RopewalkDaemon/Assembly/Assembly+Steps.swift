import RopewalkCore
import RopewalkFunctions
import RopewalkPipeline
import RopewalkPlugins
import RopewalkResources
import RopewalkWasm

/// Steps: what each runs, and earlier versions of it.
extension Assembly {
  func plan(_ steps: [StepSpec], of integration: Integration, _ problems: inout [Diagnostic]) async -> [PlannedStep] {
    await collecting(&problems, steps) { step in
      let (node, identity) = try await self.logic(step, of: integration)
      return PlannedStep(
        name: step.name,
        kind: step.kind,
        plugin: identity.plugin,
        pluginVersion: identity.version,
        node: node,
        versions: self.versions(of: step, in: integration),
        redact: self.workspace.redaction.redact
      )
    }
  }

  /// Earlier code of guests; built-in functions have none but this build's.
  private func versions(of step: StepSpec, in integration: Integration) -> StepVersions? {
    if case .function = step.logic { return nil }
    return StepVersions { version in
      guard let digest = LogicIdentity.digest(in: version) else { return nil }
      return try await self.guests.node(for: step, of: integration, digest: digest)
    }
  }

  private func logic(_ step: StepSpec, of integration: Integration) async throws -> (any LogicNode, LogicIdentity) {
    switch step.logic {
    case .function(let name):
      return (try function(name, step, of: integration), LogicIdentity(function: name))
    case .file, .inline:
      let node = try await guests.node(for: step, of: integration)
      return (node, LogicIdentity(of: step, in: integration, digest: node.digest))
    }
  }

  /// - Throws: `DiagnosticsError` with every option that is wrong.
  private func function(_ name: String, _ step: StepSpec, of integration: Integration) throws(DiagnosticsError) -> FunctionStep {
    var problems: [Diagnostic] = []
    var settings = step.settings
    var removed: Set<String> = []
    while true {
      let made: FunctionStep
      do throws(FunctionError) {
        made = try FunctionStep(function: name, settings: settings, folder: integration.folder, limits: step.limits)
      } catch {
        let path = ["config", "settings"] + error.option
        // What is missing only because it was wrong, or is not on this machine, is no further problem.
        if removed.isDisjoint(with: error.option.prefix(1) + error.alternatives), !step.places.unresolved.contains(path) {
          problems.append(Diagnostic(at: step.places.mark(for: path), field: step.places.field(for: path), error.message))
        }
        // It is tried again without, to find what else is wrong.
        guard let option = error.option.first, settings[option] != nil else { throw DiagnosticsError(problems) }
        settings[option] = nil
        removed.insert(option)
        continue
      }
      guard problems.isEmpty else { throw DiagnosticsError(problems) }
      return made
    }
  }
}
