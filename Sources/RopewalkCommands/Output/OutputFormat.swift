import ArgumentParser
import RopewalkCore
import RopewalkFunctions

/// How a command writes its result to standard output.
enum OutputFormat: String, ExpressibleByArgument, CaseIterable {
  case text, json, yaml

  /// The one that a command line asks for which may be wrong otherwise; `text` where it asks for none.
  static func asked(in arguments: [String]) -> OutputFormat {
    let words = arguments.prefix { $0 != "--" }
    for (option, value) in zip(words, words.dropFirst() + [""]).reversed() {
      if ["-o", "--output"].contains(option), let format = OutputFormat(rawValue: value) { return format }
      if option.hasPrefix("--output="), let format = OutputFormat(rawValue: String(option.dropFirst("--output=".count))) { return format }
    }
    return .text
  }
}

struct OutputOptions: ParsableArguments {
  @Option(name: [.short, .long], help: "How the result is written: text for people, json or yaml for programs.")
  var output: OutputFormat = .text

  /// Writes a result in the form asked for; `text` is only called for people.
  func write(_ result: JSON, text: () -> String) throws {
    switch output {
    case .text: Console.print(text())
    case .json: Console.print(result.text(pretty: true))
    case .yaml: Console.print(try YAMLText.write(result))
    }
  }
}
