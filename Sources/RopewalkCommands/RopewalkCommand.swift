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
        ropewalk --version

      EXIT CODES
        0 done   1 a fault of ropewalk or a plugin   64 the command line is wrong   65 a file or payload is wrong
        66 something named does not exist   69 something cannot be reached   73 conflict   75 full or timed out
        76 refused, or a test or message failed   77 not granted   79 the ledger does not balance   130 stopped by the user

      FAILURES FOR PROGRAMS
        With --output json or yaml a failure is the last line of standard error, as one line of JSON:
        {"exitCode":66,"diagnostics":[{"severity":"error","field":…,"message":…,"code":…,"file":…,"line":…}]}
        What test, plugin check, doctor, run --once and dead-letters replay find stands in their results alone.
      """,
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
    let arguments = Array(CommandLine.arguments.dropFirst())
    // The library's own flag would be taken for the --version of a command that has one, whenever something else is wrong there.
    if arguments == ["--version"] { return Console.print(RopewalkVersion.current) }
    if let problem = unknownCommand(in: arguments) {
      Console.note("Error: " + problem)
      exit(withError: ExitCode.validationFailure)
    }
    if OutputFormat.asked(in: arguments) != .text { reportWhatIsWrong(in: arguments) }
    await main()
  }

  /// Ends the process where the command line cannot be read, and says so to a program.
  private static func reportWhatIsWrong(in arguments: [String]) {
    do {
      _ = try parseAsRoot(arguments)
    } catch {
      // Asking for help ends the parsing too.
      guard !exitCode(for: error).isSuccess else { return }
      exit(withError: CommandFailure(error).told())
    }
  }

  /// What the library reports as an unexpected argument, and does not say which command was meant.
  static func unknownCommand(in arguments: [String]) -> String? {
    var command: any ParsableCommand.Type = RopewalkCommand.self
    for word in arguments {
      let commands = command.configuration.subcommands
      guard !commands.isEmpty, !word.hasPrefix("-"), word != "help" else { return nil }
      guard let next = commands.first(where: { $0.configuration.commandName == word }) else {
        let known = commands.compactMap { $0.configuration.commandName }
        let remedy = nearestWord(to: word, among: known).map { "did you mean \($0)?" } ?? "there are \(known.joined(separator: ", "))"
        return "there is no command '\(word)'; \(remedy)"
      }
      command = next
    }
    return nil
  }
}
