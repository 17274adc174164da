import ArgumentParser
import Foundation
import RopewalkCore
import RopewalkDaemon
import RopewalkPlugins
import Subprocess
import SystemPackage

extension ErrorCode {
  static let pluginBuildFailed = ErrorCode("plugin.build-failed", .invalid)
}

struct PluginBuildCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "build",
    abstract: "Builds a plugin's project, and checks what came out.",
    discussion: """
      Logic is built to WebAssembly; TypeScript and JavaScript need no building, they are bundled and checked. A connector
      becomes a program, in Python a folder with all that it needs.

      EXAMPLE
        ropewalk plugin build big-orders
      """
  )

  @Argument(help: "The project's folder, with its ropewalk-plugin.yaml.", completion: .directory)
  var folder = "."

  @OptionGroup var options: IntegrationOptions
  @OptionGroup var output: OutputOptions

  func run() async throws {
    try await reportingFailures(as: output.output) {
      let source = try PluginSource(path: folder, isToBeBuilt: true)
      guard let manifest = source.manifest else {
        throw RopewalkError(.pluginSourceUnknown, "\(folder) is a file; name the folder with its ropewalk-plugin.yaml")
      }
      guard let language = manifest.language, let project = manifest.source else {
        throw RopewalkError(
          .pluginSourceUnknown,
          "the manifest of \(manifest.name) names no language and source; there is nothing to build"
        )
      }
      if manifest.contract == .connector, let artifact = manifest.artifact {
        let folder = URL(fileURLWithPath: artifact).deletingLastPathComponent().path
        try await run(try PluginTools.connectorBuildScript(language: language.rawValue), [project, folder], manifest.name)
        try output.write(["program": .string(artifact)]) { "built \(artifact)\n\nnext:\n  ropewalk plugin check \(self.folder)" }
        return
      }
      if let artifact = manifest.artifact, !language.isScript {
        let arguments = [project, artifact, manifest.contract.rawValue]
        try await run(try PluginTools.buildScript(language: language.rawValue), arguments, manifest.name)
      }
      if source.isController {
        let inspection = try await ControllerInspection(source.program, name: source.name, in: options.workspace)
        try output.write(inspection.json) { inspection.text }
        return
      }
      let logic = try source.logic
      let inspection = try await PluginInspection(logic, capabilities: manifest.capabilities, in: options.workspace)
      try output.write(inspection.json) { "built \(logic)\n\n\(inspection.text)" }
    }
  }

  /// Runs the language's build script; what its compiler says goes to standard error.
  private func run(_ script: String, _ arguments: [String], _ name: String) async throws {
    let result = try await Subprocess.run(
      .path("/bin/bash"),
      arguments: Arguments([script] + arguments),
      output: .string(limit: 1 << 20),
      error: .string(limit: 1 << 20)
    )
    let said = shortened(result.standardError + result.standardOutput).trimmingCharacters(in: .newlines)
    if !said.isEmpty { Console.note(said) }
    guard case .exited(0) = result.terminationStatus else {
      throw RopewalkError(.pluginBuildFailed, "\(name) did not build; the compiler's messages are above")
    }
  }

  /// Names the project's files as the user does from where he stands, as the errors of scripts do.
  private func shortened(_ text: String) -> String {
    let project = URL(fileURLWithPath: folder).standardizedFileURL.path + "/"
    let given = folder == "." ? "" : folder.hasSuffix("/") ? folder : folder + "/"
    // Whole paths alone: one that leads elsewhere may have the same folders within it.
    return ["\n", "\t", " "].reduce("\n" + text) { $0.replacing($1 + project, with: $1 + given) }
  }
}
