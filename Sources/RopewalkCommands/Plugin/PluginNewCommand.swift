import ArgumentParser
import Foundation
import RopewalkCore
import RopewalkDaemon

struct PluginNewCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "new",
    abstract: "Writes a starting project.",
    discussion: """
      EXAMPLE
        ropewalk plugin new big-orders --kind filter --language typescript
      """
  )

  enum Kind: String, ExpressibleByArgument, CaseIterable {
    case filter, converter
  }

  enum Language: String, ExpressibleByArgument, CaseIterable {
    case typescript, javascript, swift, rust, go, c
  }

  @Argument(help: "The plugin's name: small letters, digits and '-'. The folder gets the same name.")
  var name: String

  @Option(help: "What the logic does: filter or converter.")
  var kind: Kind = .filter

  @Option(help: "What it is written in: typescript, javascript, swift, rust, go or c.")
  var language: Language = .typescript

  @Option(help: "The folder in which the project's folder is made.", completion: .directory)
  var directory = "."

  @OptionGroup var output: OutputOptions

  func run() async throws {
    try await reportingFailures {
      let template = try PluginTemplate(language: language.rawValue, kind: kind.rawValue)
      let folder = URL(fileURLWithPath: directory).appendingPathComponent(name)
      let files = try template.write(name: name, to: folder)
      try output.write(["folder": .string(folder.path), "files": .array(files.map { .string($0) })]) {
        """
        made \(folder.relativePath)
        \(files.map { "  \($0)" }.joined(separator: "\n"))

        next:
          ropewalk plugin build \(folder.relativePath)
          ropewalk plugin inspect \(folder.relativePath)
        """
      }
    }
  }
}
