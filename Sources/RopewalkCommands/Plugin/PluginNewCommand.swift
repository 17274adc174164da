public import ArgumentParser
import Foundation
import RopewalkCore
import RopewalkDaemon
public import RopewalkPlugins

struct PluginNewCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "new",
    abstract: "Writes a starting project.",
    discussion: """
      EXAMPLE
        ropewalk plugin new big-orders --kind filter --language typescript
        ropewalk plugin new warehouse --kind connector --language go
        ropewalk plugin new greeter --kind controller --language rust
      """
  )

  enum Kind: String, ExpressibleByArgument, CaseIterable {
    case filter, converter, connector, controller

    var contract: PluginManifest.Contract {
      switch self {
      case .filter, .converter: .logic
      case .connector: .connector
      case .controller: .controller
      }
    }
  }

  @Argument(help: "The plugin's name: small letters, digits and '-'. The folder gets the same name.")
  var name: String

  @Option(help: "What the plugin does: filter, converter, connector or controller.")
  var kind: Kind = .filter

  @Option(
    help:
      "What it is written in: typescript (the default), javascript, swift, rust, go or, but for controllers, c; a connector swift, go (the default) or python."
  )
  var language: PluginManifest.Language?

  @Option(help: "The folder in which the project's folder is made.", completion: .directory)
  var directory = "."

  @OptionGroup var output: OutputOptions

  func validate() throws {
    guard let language, !kind.contract.languages.contains(language) else { return }
    let languages = kind.contract.languages.map(\.rawValue).joined(separator: ", ")
    throw ValidationError("A \(kind.rawValue) is not written in \(language.rawValue); choose one of \(languages).")
  }

  func run() async throws {
    try await reportingFailures(as: output.output) {
      let language = self.language ?? (kind == .connector ? .go : .typescript)
      let template = try PluginTemplate(language: language.rawValue, kind: kind.rawValue, contract: kind.contract)
      let folder = URL(fileURLWithPath: directory).appendingPathComponent(name)
      let files = try template.write(name: name, to: folder)
      try output.write(["folder": .string(folder.path), "files": .array(files.map { .string($0) })]) {
        """
        made \(folder.relativePath)
        \(files.map { "  \($0)" }.joined(separator: "\n"))

        next:
          ropewalk plugin build \(folder.relativePath)
          ropewalk plugin \(kind == .connector ? "check" : "inspect") \(folder.relativePath)
        """
      }
    }
  }
}

extension PluginManifest.Language: ExpressibleByArgument {}
