import ArgumentParser

struct CompletionCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "completion",
    abstract: "Prints a completion script for your shell.",
    discussion: """
      EXAMPLE
        ropewalk completion bash > ~/.local/share/bash-completion/completions/ropewalk
        ropewalk completion zsh  > ~/.zfunc/_ropewalk
        ropewalk completion fish > ~/.config/fish/completions/ropewalk.fish
      """
  )

  enum Shell: String, ExpressibleByArgument, CaseIterable {
    case bash, zsh, fish
  }

  @Argument(help: "bash, zsh or fish.")
  var shell: Shell

  func run() {
    Console.print(RopewalkCommand.completionScript(for: CompletionShell(rawValue: shell.rawValue) ?? .bash))
  }
}
