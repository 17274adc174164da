import ArgumentParser

struct PluginCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "plugin",
    abstract: "Starts, builds, explains and measures plugins.",
    discussion: """
      EXAMPLE
        ropewalk plugin new big-orders --kind filter --language rust
        ropewalk plugin build big-orders
        ropewalk plugin bench big-orders --payload order.json
      """,
    subcommands: [PluginNewCommand.self, PluginBuildCommand.self, PluginInspectCommand.self, PluginBenchCommand.self]
  )
}
