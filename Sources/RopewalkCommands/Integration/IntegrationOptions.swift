public import ArgumentParser
public import Logging
import RopewalkDaemon

/// What every command that reads integrations takes.
struct IntegrationOptions: ParsableArguments {
  @Option(name: .customLong("data-dir"), help: "The folder for caches, dead letters and everything else that lasts.")
  var dataDirectory = DataDirectoryOption.standard

  @Option(
    name: .customLong("secrets"),
    help: "A folder with one file per secret. Without it, ${SECRET:name} is read from ROPEWALK_SECRET_NAME."
  )
  var secretsDirectory: String?

  @Option(
    name: .customLong("log-level"),
    help: "The least severe log line that is written: trace, debug, info, notice, warning, error or critical."
  )
  var logLevel: Logger.Level = .info

  @Option(name: .customLong("log-format"), help: "How log lines are written: text or json.")
  var logFormat: StandardErrorLogHandler.Format = .text

  /// The data folder as it was given, with a space before it, for commands that a person is told to enter next.
  var given: String { DataDirectoryOption.given(dataDirectory) }

  var workspace: Workspace {
    Workspace(dataDirectory: dataDirectory, secretsDirectory: secretsDirectory, logLevel: logLevel, logFormat: logFormat)
  }
}

/// `--data-dir`.
enum DataDirectoryOption {
  static let standard = ".ropewalk"

  /// The option as it was given, with a space before it; empty for the standard folder.
  static func given(_ folder: String) -> String { folder == standard ? "" : " --data-dir \(ShellText.quoted(folder))" }
}

extension Logger.Level: @retroactive ExpressibleByArgument {}
extension StandardErrorLogHandler.Format: ExpressibleByArgument {}
