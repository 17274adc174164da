import ArgumentParser
import Foundation
import RopewalkCore

/// `kill -9` of other people's connectors at regular intervals, one of those that are up each time.
struct KilledPlugins: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "killed-plugins",
    abstract: "Kills a connector that takes messages by HTTP, or one that writes them to files, each interval: `make run-connectors`."
  )

  @Option(help: "The program of type http-webhook that takes messages.")
  var incoming: String

  @Option(help: "The program of type file that writes them.")
  var outgoing: String

  @Option(help: "Milliseconds between two kills.")
  var interval = 1000

  @OptionGroup var options: TrialOptions

  func run() async throws {
    // Named after what the kernel shows: the program, or the interpreter that runs it.
    let names: Set<String> = ["connector", "python3", "ropewalk-connector"]
    try await options.verdict("kill -9 of a connector every \(interval) ms, \(options.rounds) times") { host in
      try host.use(.plugins(incoming: Self.absolute(incoming), outgoing: Self.absolute(outgoing)))
    } _: { trial, generator in
      var generator = generator
      try await trial.host.run { running in
        try await trial.host.waitUntilReady()
        for round in 1...options.rounds {
          try await Task.sleep(for: .milliseconds(interval))
          let connectors = try await Descendants.waitForSome(names, of: running.pid)
          if let victim = connectors.randomElement(using: &generator) { Foundation.kill(victim, SIGKILL) }
          options.progress(round)
        }
        try running.terminate()
      }
    }
  }

  private static func absolute(_ path: String) -> String { URL(fileURLWithPath: path).path }
}
