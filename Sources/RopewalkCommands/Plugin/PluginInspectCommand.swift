import ArgumentParser
import RopewalkCore
import RopewalkDaemon
import RopewalkPlugins

struct PluginInspectCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "inspect",
    abstract: "Says what a plugin is: its size, its memory, the host functions it wants, and whether it starts.",
    discussion: """
      EXAMPLE
        ropewalk plugin inspect big-orders
        ropewalk plugin inspect filter.wasm --output json
      """
  )

  @Argument(help: "A project's folder, or a .wasm, .ts or .js file.", completion: .file())
  var path: String

  @OptionGroup var options: IntegrationOptions
  @OptionGroup var output: OutputOptions

  func run() async throws {
    try await reportingFailures(as: output.output) {
      let source = try PluginSource(path: path)
      if source.isController {
        let inspection = try await ControllerInspection(source.program, name: source.name, in: options.workspace)
        try output.write(inspection.json) { inspection.text }
        return
      }
      let inspection = try await PluginInspection(try source.logic, capabilities: source.manifest?.capabilities, in: options.workspace)
      try output.write(inspection.json) { inspection.text }
    }
  }
}
