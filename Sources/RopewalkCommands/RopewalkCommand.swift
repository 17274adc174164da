public import ArgumentParser
import RopewalkCore

/// `ropewalk`, the root of the command line.
public struct RopewalkCommand: AsyncParsableCommand {
  public static let configuration = CommandConfiguration(
    commandName: "ropewalk",
    abstract: "Runs other people's code in the path of your data, safely, for many customers at once, and loses nothing.",
    discussion: """
      EXAMPLE
        ropewalk run Examples/invoice-sync/integration.yaml

      EXIT CODES
        0 done   1 a fault of ropewalk or a plugin   64 the command line is wrong   65 a file or payload is wrong
        66 something named does not exist   69 something cannot be reached   73 conflict   75 full or timed out
        76 refused by a plugin or a test failed   77 not granted   79 the ledger does not balance   130 stopped by the user
      """,
    version: RopewalkVersion.current,
    subcommands: [
      RunCommand.self, ServeCommand.self, NodeCommand.self, ValidateCommand.self, TestCommand.self, PluginCommand.self,
      ApplyCommand.self, GetCommand.self, DescribeCommand.self, DeleteCommand.self, WatchCommand.self, TokenCommand.self,
      DeadLettersCommand.self, AuditCommand.self, DoctorCommand.self,
      CompletionCommand.self,
    ]
  )

  public init() {}

  /// Parses the process's arguments and runs the command they name; ends the process with its exit code.
  public static func start() async {
    await main()
  }
}
