import FoundationEssentials
import NIOPosix
import RopewalkConnector
import RopewalkConnectors
import RopewalkCore
import RopewalkFunctions
package import RopewalkProcess
import RopewalkResources

/// A connector's program to be checked or measured, with the settings of its `check.yaml` and Ropewalk's own connectors
/// around it.
package struct ConnectorTrial: Sendable {
  private let executable: String
  private let arguments: [String]
  private let settingsFile: String?
  private let workspace: Workspace

  /// - Parameter settingsFile: nil for the `check.yaml` beside the program, or in the folder above it, or none.
  package init(executable: String, arguments: [String], settingsFile: String?, in workspace: Workspace) {
    self.executable = executable.hasPrefix("/") ? executable : FileManager.default.currentDirectoryPath + "/" + executable
    self.arguments = arguments
    self.workspace = workspace
    let folder = URL(filePath: self.executable).deletingLastPathComponent()
    self.settingsFile =
      settingsFile
      ?? [folder, folder.deletingLastPathComponent()].map { $0.path + "/" + ConnectorCheckFile.name }
      .first { FileManager.default.fileExists(atPath: $0) }
  }

  /// Gives `body` what to do, in a folder made for it.
  /// - Throws: `DiagnosticsError` for wrong settings, and what `body` throws.
  package func withPlan<Result>(_ body: (CheckPlan) async throws -> Result) async throws -> Result {
    let folder = FileManager.default.temporaryDirectory.path + "/ropewalk-check-\(UUID().uuidString.prefix(8))"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    var plan = CheckPlan(executable: executable)
    plan.arguments = arguments
    plan.schemaProblems = Self.schemaProblems
    if let settingsFile {
      let values = ["FOLDER": folder, "PORT": "\(try FreePort.next())", "PORT2": "\(try FreePort.next())"]
      fill(&plan, from: try ConnectorCheckFile.read(path: settingsFile, values: values))
    }
    return try await body(plan)
  }

  private func fill(_ plan: inout CheckPlan, from settings: ConnectorCheckSettings) {
    let connectors = BuiltInConnectors(group: MultiThreadedEventLoopGroup.singleton, logger: workspace.logger)
    func end(_ end: ConnectorCheckSettings.End?, peer role: ConnectorRole) -> CheckPlan.End? {
      end.map { CheckPlan.End(settings: $0.config, peer: $0.peer.flatMap { peer($0, role, connectors) }) }
    }
    plan.type = settings.type
    plan.credentials = settings.credentials.mapValues { Secret($0) }
    if let invalid = settings.invalid { plan.invalidSettings = invalid }
    plan.incoming = end(settings.incoming, peer: .outgoing)
    plan.outgoing = end(settings.outgoing, peer: .incoming)
  }

  private func peer(_ peer: ConnectorCheckSettings.Peer, _ role: ConnectorRole, _ connectors: BuiltInConnectors) -> CheckPlan.Peer? {
    if peer.type == "self" { return .itself(peer.config) }
    guard connectors.make(type: peer.type, role: role) != nil else { return nil }
    let configuration = ConnectionConfiguration(id: "peer", name: "peer", type: peer.type, settings: peer.config)
    return .connector(configuration) {
      guard let node = connectors.make(type: peer.type, role: role) else { preconditionFailure("it was made a moment ago") }
      return node
    }
  }

  private static func schemaProblems(_ schema: JSON, _ value: JSON) -> [String] {
    do throws(FunctionError) {
      return try SchemaValidator(schema: schema, options: SchemaOptions()).validate(value).map(\.description)
    } catch {
      return ["the schema cannot be used: \(error.message)"]
    }
  }
}
