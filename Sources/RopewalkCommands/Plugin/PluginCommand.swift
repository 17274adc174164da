import ArgumentParser

struct PluginCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "plugin",
    abstract: "Starts, builds, explains, checks and measures plugins.",
    discussion: """
      EXAMPLE
        ropewalk plugin new big-orders --kind filter --language rust
        ropewalk plugin build big-orders
        ropewalk plugin bench big-orders --payload order.json
        ropewalk plugin check ./build/connector
      """,
    subcommands: [
      PluginNewCommand.self, PluginBuildCommand.self, PluginInspectCommand.self, PluginCheckCommand.self, PluginBenchCommand.self,
    ]
  )
}
