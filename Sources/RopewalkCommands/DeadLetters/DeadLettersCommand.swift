import ArgumentParser

struct DeadLettersCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "dead-letters",
    abstract: "Looks at the messages that were given up, and sends them again.",
    discussion: """
      Works while 'ropewalk run' runs and while it does not.

      EXAMPLE
        ropewalk dead-letters list --since 2h
        ropewalk dead-letters show 01KAJ3ZQ4M00006Y1V8W2T5RXK
        ropewalk dead-letters replay --integration orders --code REJECTED
      """,
    subcommands: [
      DeadLettersListCommand.self, DeadLettersShowCommand.self, DeadLettersReplayCommand.self, DeadLettersDiscardCommand.self,
      DeadLettersExportCommand.self,
    ]
  )
}
