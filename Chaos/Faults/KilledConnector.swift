import ArgumentParser
import Foundation
import RopewalkCore

/// `kill -9` of connectors in processes of their own, and now and then of the host with them.
struct KilledConnector: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "killed-connector",
    abstract: """
      Kills the processes of the connectors, one that takes messages and two that deliver, at random instants, and the host now and \
      then: none of them may outlive it.
      """
  )

  private static let names: Set<String> = ["ropewalk-connector"]

  @OptionGroup var options: TrialOptions

  func run() async throws {
    try await options.verdict("kill -9 of connectors, \(options.rounds) times") { host in
      try host.use(.processes)
    } _: { trial, generator in
      var generator = generator
      var round = 0
      while round < options.rounds {
        try await trial.host.run { running in
          try await trial.host.waitUntilReady()
          for _ in 0..<Int.random(in: 1...5, using: &generator) where round < options.rounds {
            // Some die while they start. One that died so five times in a row is left alone for a while.
            try await Task.sleep(for: .milliseconds(Int.random(in: 100...1500, using: &generator)))
            trial.tally.add(try await Self.strike(running, using: &generator), to: "connectors killed")
            round += 1
            options.progress(round)
          }
          guard round < options.rounds else { return try running.terminate() }
          let connectors = Descendants.named(Self.names, of: running.pid)
          try running.kill()
          try await Descendants.waitUntilGone(connectors)
          trial.tally.add(1, to: "hosts killed with them")
        }
      }
    }
  }

  /// Kills one connector, or now and then all.
  /// - Returns: how many.
  private static func strike(_ running: Running, using generator: inout SeededGenerator) async throws -> Int {
    let connectors = try await Descendants.waitForSome(names, of: running.pid)
    let victims =
      Int.random(in: 0..<5, using: &generator) == 0 ? connectors : connectors.randomElement(using: &generator).map { [$0] } ?? []
    for victim in victims { Foundation.kill(victim, SIGKILL) }
    return victims.count
  }
}
