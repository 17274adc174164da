import ArgumentParser
import RopewalkCore

/// `kill -9` of the host at random instants under load.
struct KilledHost: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "killed-host",
    abstract: "Kills the host with SIGKILL at random instants while senders post and destinations take."
  )

  @OptionGroup var options: TrialOptions

  func run() async throws {
    try await options.verdict("kill -9 of the host, \(options.rounds) rounds") { trial, generator in
      var generator = generator
      for round in 1...options.rounds {
        let life = Duration.milliseconds(Int.random(in: 20...900, using: &generator))
        try await trial.host.run { running in
          // Some die while they start.
          if Bool.random(using: &generator) || life > .milliseconds(200) { try await trial.host.waitUntilReady() }
          try await Task.sleep(for: life)
          try running.kill()
        }
        options.progress(round)
      }
    }
  }
}
